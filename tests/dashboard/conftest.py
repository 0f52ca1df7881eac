"""Fixtures of the dashboard's tests; what they are made of stands in dash_world.py."""

from __future__ import annotations

from dash_world import empty_world, populated_registry, world

__all__ = ["empty_world", "populated_registry", "world"]
