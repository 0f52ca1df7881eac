"""Fixtures of the dashboard's tests; what they are made of stands in dash_world.py and report_windows.py."""

from __future__ import annotations

from dash_world import empty_world, populated_registry, world
from report_windows import place, window

__all__ = ["empty_world", "place", "populated_registry", "window", "world"]
