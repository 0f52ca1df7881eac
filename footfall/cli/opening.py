"""Opens what a verb needs: the settings of this installation, and its registry.

In: the environment and `footfall.toml` of the working directory. Out: `Settings`; a `Registry` for the length of a
block. The data directory is made (0700) when the registry lies in it, so the first verb on a new machine just works,
whether or not a server is running.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collector.settings import Settings, SettingsError, load
from footfall.lock import make_data
from registry.registry import Registry

SETTINGS_FILE = Path("footfall.toml")


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
