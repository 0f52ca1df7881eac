"""The front door: the `footfall` command, which composes the rooms.

Only this package sees them all. It decides nothing about visitors and asks no questions of its own.
"""

from __future__ import annotations

__version__ = "0.1.0"
