"""Purposes: why each table of the registry is there, whose data it holds, and for how long (purposes.toml).

Out: table -> Purpose. The record of processing is written from it; a test fails for a table without an entry.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple


class Purpose(NamedTuple):
    """`subjects`: visitors, staff or nobody."""

    subjects: str
    purpose: str
    kept: str


def purposes() -> Mapping[str, Purpose]:
    """Read purposes.toml."""
    told = tomllib.loads((files("registry") / "purposes.toml").read_text(encoding="utf-8"))
    return {table: Purpose(*row) for table, row in told.items()}
