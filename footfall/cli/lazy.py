"""A group of commands that loads a command's module only when that command is typed.

In: a table of verbs by section, each with the place of its function and a line of help. Out: a click group whose
`--help` is made from the table alone. A noun with verbs of its own (`site add`) is a table within the table.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import NamedTuple

import click


class Verb(NamedTuple):
    """One command: `where` is `module:function`, or empty for a noun that has verbs of its own.

    With both, what is typed after it and is none of its verbs goes to `where`.
    """

    name: str
    where: str
    help: str
    verbs: tuple[Verb, ...] = ()


class Section(NamedTuple):
    """Commands that stand under one heading of the help."""

    title: str
    verbs: tuple[Verb, ...]


class LazyGroup(click.Group):
    """A group that knows its commands by name, and the rest when asked."""

    def __init__(self, sections: Sequence[Section], *, name: str, help: str) -> None:  # noqa: A002  # click's word
        super().__init__(name=name, help=help, no_args_is_help=True)
        self._sections = tuple(sections)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click calls it so
        return [verb.name for section in self._sections for verb in section.verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click calls it so
        found = [verb for section in self._sections for verb in section.verbs if verb.name == cmd_name]
        return load(found[0]) if found else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click calls it so
        for section in self._sections:
            with formatter.section(section.title):
                formatter.write_dl([(verb.name, verb.help) for verb in section.verbs])


class VerbWithVerbs(LazyGroup):
    """A command that does something by itself, and has verbs beside that."""

    def __init__(self, itself: click.Command, verb: Verb) -> None:
        super().__init__([Section("Verbs", verb.verbs)], name=verb.name, help=verb.help)
        arguments = itself.collect_usage_pieces(click.Context(itself))[1:]
        self.subcommand_metavar = f"{' '.join(arguments)} | COMMAND [ARGS]..."
        self._itself = itself

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in self.list_commands(ctx):
            return super().resolve_command(ctx, args)
        return "", self._itself, args


def load(verb: Verb) -> click.Command:
    """Load the command of a verb."""
    if verb.verbs and verb.where:
        return VerbWithVerbs(load(verb._replace(verbs=())), verb)
    if verb.verbs:
        return LazyGroup([Section("Verbs", verb.verbs)], name=verb.name, help=verb.help)
    module, _, attribute = verb.where.partition(":")
    command: click.Command = getattr(importlib.import_module(module), attribute)
    return command
