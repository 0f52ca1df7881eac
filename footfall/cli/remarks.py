"""Remarks: what a verb says beside its result, on stderr, out of a pipe's way.

In: a sentence for the person at the keyboard. Out: a line. By itself, because drawing tables (show.py) is 2 MB of a
process that may run for months.
"""

from __future__ import annotations

import click


def remark(sentence: str) -> None:
    """Say something that is not the result."""
    click.echo(sentence, err=True)
