"""Sheets: the answer of a page as plain rows, for the table under a chart, for CSV and for JSON.

In: columns with units, rows of values. Out: cells as text, a file. What cannot be said is an en dash on the page and
empty in a file. A cell that a spreadsheet would run as a formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import msgspec

from dashboard import words
from dashboard.export import safe_cell, written

Value = str | int | float | None


class SheetColumn(msgspec.Struct, frozen=True):
    """`key` in files, `name` on the page; `unit` is `text` or that of a metric."""

    key: str
    name: str
    unit: str = "count"


class Sheet(msgspec.Struct, frozen=True):
    """One table; `key` names it in JSON."""

    key: str
    title: str
    columns: tuple[SheetColumn, ...]
    rows: tuple[tuple[Value, ...], ...]

    @property
    def cells(self) -> list[list[str]]:
        """The rows as text for people."""
        return [[said(value, column.unit) for value, column in zip(row, self.columns, strict=True)]
                for row in self.rows]  # fmt: skip


def said(value: Value, unit: str) -> str:
    if isinstance(value, str):
        return value
    if unit == "money":
        return words.NOTHING if value is None else f"{value:,.2f}"
    return words.said_exactly(value, unit)


def column(key: str, unit: str = "count") -> SheetColumn:
    """A column whose name stands in the catalogue under `sheet.<key>`."""
    return SheetColumn(key, words.say(f"sheet.{key}"), unit)


def plain(value: Value) -> str:
    return safe_cell(value) if isinstance(value, str) else written(value)


def csv_of(sheets: Sequence[Sheet]) -> str:
    """All sheets below each other, an empty line between two; RFC 4180."""
    out = io.StringIO()
    lines = csv.writer(out)
    for nth, sheet in enumerate(sheets):
        if nth:
            lines.writerow([])
        lines.writerow([safe_cell(each.key) for each in sheet.columns])
        lines.writerows([plain(value) for value in row] for row in sheet.rows)
    return out.getvalue()


def json_of(sheets: Sequence[Sheet]) -> Mapping[str, object]:
    return {
        sheet.key: [dict(zip((each.key for each in sheet.columns), row, strict=True)) for row in sheet.rows]
        for sheet in sheets
    }
