"""Reading: the sites and their peppers straight from the registry's file, for a process that only receives events.

In: the registry's URL. Out: what a `Snapshot` is taken of. The door to the whole registry (registry.py) knows tables,
dialects and twenty facets, which is 15 MB of every process that opens it; two statements say all that receiving asks.
It writes nothing, makes nothing and migrates nothing: whoever opened the whole registry has done that. A site is there
once it has its pepper, which the other side makes at its next look. PostgreSQL has no short way: the whole is opened.
"""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from registry.errors import RegistryAway
from registry.site import Site, site_of
from registry.snapshot import Source

BUSY_SECONDS = 5.0
SQLITE = "sqlite:///"

# Twice the number, and one more while a site waits for its pepper: that it has come is a change, too.
REVISION = """
select 2 * number + exists (select 1 from sites where id not in (select site_id from peppers))
from revision
"""
SITES = """
select sites.id, host, state, frozen_until, settings, pepper
from sites
join peppers on site_id = sites.id
order by host
"""


class Reading:
    """The open file. Safe to share between threads."""

    def __init__(self, file: Path) -> None:
        """Open a registry that is there. Raises RegistryAway."""
        with _our_errors():
            self._connection = sqlite3.connect(
                f"{file.absolute().as_uri()}?mode=rw", BUSY_SECONDS, check_same_thread=False, uri=True
            )
            self._connection.execute("pragma query_only = on")

    def revision(self) -> int:
        """Return a number that is another after every change to sites."""
        ((number,),) = self._rows(REVISION)
        return int(number)

    def sites_and_peppers(self) -> tuple[Sequence[Site], Mapping[int, bytes]]:
        """Return every site that has its pepper, by host, and the peppers by number."""
        rows = self._rows(SITES)
        return [_site(*row) for *row, _ in rows], {row[0]: bytes(row[-1]) for row in rows}

    def close(self) -> None:
        self._connection.close()

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with _our_errors():
            return self._connection.execute(statement).fetchall()


@contextmanager
def open_reading(url: str) -> Iterator[Source]:
    """Open the registry at `url` for reading sites. Raises RegistryAway."""
    if not url.startswith(SQLITE):
        # By name, not at the top: it is what this module is there to avoid.
        with importlib.import_module("registry.registry").Registry.open(url) as registry:
            yield registry
        return
    with closing(Reading(Path(unquote(url.removeprefix(SQLITE).partition("?")[0])))) as reading:
        yield reading


def _site(number: int, host: str, state: str, frozen_until: int | None, settings: str) -> Site:
    until = (
        frozen_until if frozen_until is None else datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=frozen_until)
    )
    return site_of(msgspec.json.decode(settings), id=number, host=host, state=state, frozen_until=until)


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        kind = type(error).__name__
        raise RegistryAway(f"the registry's database does not answer ({kind}); check FOOTFALL_REGISTRY") from error
