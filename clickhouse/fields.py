"""Fields: why each column of the store is there, of which kind it is, and where it comes from (fields.toml).

Out: the declared purpose of every column and table. The record of processing and docs/fields.md are written from it,
the self-audit holds the real columns against it, and a test fails for a column without an entry or an entry without a
column. No SQL, no store: what the store really has is examine.py's to find out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple


class Field(NamedTuple):
    """One column, wherever it stands."""

    category: str
    purpose: str
    source: str


class TableOfFields(NamedTuple):
    """One table: by which limit its rows go, and what they are."""

    kept: str
    purpose: str


class Fields(NamedTuple):
    """All that is declared."""

    tables: Mapping[str, TableOfFields]
    columns: Mapping[str, Field]


def declared() -> Fields:
    """Read fields.toml."""
    told = tomllib.loads((files("clickhouse") / "fields.toml").read_text(encoding="utf-8"))
    return Fields(
        {name: TableOfFields(*row) for name, row in told["tables"].items()},
        {name: Field(*row) for name, row in told["columns"].items()},
    )
