"""What verbs print: tables for people, JSON for programs.

Results go to stdout, remarks (remarks.py) to stderr. A table is as wide as it needs when nobody watches (a pipe, a
file), and text that others have chosen is never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from footfall.cli.remarks import remark

UNWATCHED_WIDTH = 500


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str) -> None:
    """Print rows under their columns, or `empty` (a remark that says what to do) when there are none."""
    if not rows:
        remark(empty)
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNWATCHED_WIDTH
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def show_json(value: object) -> None:
    """Print a value as JSON, indented."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def moment(when: datetime | None) -> str:
    """Return a time as people read it, in UTC; a dash for none."""
    return "–" if when is None else when.strftime("%Y-%m-%d %H:%M UTC")


@contextmanager
def waiting(sentence: str) -> Iterator[None]:
    """Show that something takes its time, where somebody watches."""
    with Console(stderr=True).status(sentence):
        yield
