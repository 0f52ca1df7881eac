"""Opens what a verb needs: the settings of this installation, and its registry.

In: the environment and `footfall.toml` of the working directory. Out: `Settings`; a `Registry` for the length of a
block. The data directory is made (0700) when the registry lies in it, so the first verb on a new machine just works,
whether or not a server is running. What a verb did is noted like what anybody else does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from collector.settings import Settings, SettingsError, load
from footfall.cli.remarks import remark
from footfall.lock import make_data
from registry.errors import NotAllowed, NotThere
from registry.registry import Registry
from registry.sites import COMMAND_LINE

SETTINGS_FILE = Path("footfall.toml")
NOTED = ("email", "role", "key_id", "reason")
"""Parameters of verbs that stand in the note of who looked."""


def read_settings() -> Settings:
    """Return the settings; raise `SettingsError`."""
    return load(os.environ, SETTINGS_FILE)


@contextmanager
def told_as_settings(fault: type[Exception]) -> Iterator[None]:
    """Tell a room's fault in one line: for faults whose room is too heavy to be loaded by every verb."""
    try:
        yield
    except fault as error:
        raise SettingsError(str(error)) from error


@contextmanager
def open_registry(settings: Settings | None = None) -> Iterator[Registry]:
    """Open the registry that the settings name."""
    chosen = settings or read_settings()
    if chosen.registry == "sqlite://":
        make_data(chosen.data)
    with Registry.open(chosen.registry_url()) as registry:
        yield registry
        note_verb(registry)


def note_verb(registry: Registry) -> None:
    """Note what this verb read or changed in the chain of looks, and say so: the machine itself opens everything.

    Of what was typed, the values of settings stand in the site's own history, and secrets nowhere.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return
    verb = context.command_path.removeprefix("footfall ").strip()
    host = next((text for name in ("host", "site") if isinstance(text := context.params.get(name), str)), "")
    told = [f"{name}={value}" for name in NOTED if isinstance(value := context.params.get(name), str) and value]
    changes = context.params.get("changes") or ()
    told += [change.partition("=")[0] for change in changes]
    site_id = _number_of(registry, host)
    registry.looks.note(COMMAND_LINE, "host", "machine", "command", site_id, verb, "&".join(told))
    remark(f"noted among who looked{f' at {host}' if site_id else ''}: {verb}")


def _number_of(registry: Registry, host: str) -> int | None:
    try:
        return registry.sites.get(host).id if host else None
    except (NotAllowed, NotThere):
        return None
