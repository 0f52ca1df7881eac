"""What many verbs are told in the same form: a day, and a word that says they may go on.

In: what was typed. Out: a day at midnight without a zone, as click reads it; or nothing, and then the verb goes on.
Nobody who is not there is asked: a program says `--yes`.
"""

from __future__ import annotations

import sys

import click

from registry.errors import NotAllowed

DAY = click.DateTime(formats=["%Y-%m-%d"])


def confirm(sentence: str, word: str) -> None:
    """Ask for a word before something that cannot be undone. Raises `NotAllowed`: nothing shall be done."""
    if not sys.stdin.isatty():
        raise NotAllowed("this cannot be undone: say --yes to do it without being asked")
    if click.prompt(f"{sentence}. Type {word} to go on", err=True).strip().lower() != word:
        raise NotAllowed("that was something else: nothing was done")
