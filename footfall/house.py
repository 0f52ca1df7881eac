"""The house: the rooms that a process of Footfall needs, opened in the right order and closed in the reverse.

In: settings. Out, for the length of a block: the `Footing` all stand on (registry, sites, salts); with the store, the
`Ground`; on that a `Desk` that receives events (its own spool), a `Keeper` who stores them (the drain), or both: a
`House`. One process is a house. Many on a server store are one keeper, who holds the lock on the data, and a desk for
each worker; on the embedded store one house and its hands, which receive without a store.
What cannot be opened raises the error of its room, which the command line turns into one line. A store that is away
is no reason to stay closed: the spool accepts, and the drain goes on when the store is back.
Nothing runs yet: serve.py starts the server, chores.py the threads.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from clickhouse.client import Store, connect
from clickhouse.faults import StoreAway
from clickhouse.migrate import migrate
from collector.distill import Tools, open_tools
from collector.distill.tools import LISTS_FILE
from collector.distill.visitor import Pepper
from collector.drain import Drain
from collector.drain.erased import FILE, ErasedBook
from collector.settings import Settings, SettingsError
from collector.spool import Spool
from collector.tally import day_number
from footfall.lock import hold_data
from footfall.private import secret_in
from registry.registry import Registry
from registry.salts import Salts, open_salts
from registry.snapshot import Snapshot

log = logging.getLogger(__name__)


class Footing(msgspec.Struct, frozen=True, kw_only=True):
    """What every process has open."""

    settings: Settings
    registry: Registry
    snapshot: Snapshot
    salts: Salts


class Hand(Footing, frozen=True, kw_only=True):
    """Footing with what receives events, and no store: that is open in another process."""

    tools: Tools
    spool: Spool
    spool_directory: Path


class Ground(Footing, frozen=True, kw_only=True):
    """Footing with the store."""

    store: Store
    secret: bytes
    """Signs the visitors' forms; the same in all processes of this installation."""


class Desk(Ground, frozen=True, kw_only=True):
    """Ground with what receives events."""

    tools: Tools
    spool: Spool
    spool_directory: Path


class Keeper(Ground, frozen=True, kw_only=True):
    """Ground with what brings them to the store."""

    drain: Drain


class House(Desk, frozen=True, kw_only=True):
    """Both, in one process."""

    drain: Drain


@contextlib.contextmanager
def open_house(settings: Settings, hands: int = 0) -> Iterator[House]:
    """Open everything for one process, which also stores what so many hands receive."""
    with hold_data(settings.data), open_ground(settings) as ground, contextlib.ExitStack() as stack:
        desk = stack.enter_context(_desk_on(ground, 0))
        drain = stack.enter_context(_drain_of(ground, 1 + hands))
        yield House(**_parts(desk), drain=drain)


@contextlib.contextmanager
def open_keeper(settings: Settings, workers: int) -> Iterator[Keeper]:
    """Open what the one keeper of several workers needs."""
    with hold_data(settings.data), open_ground(settings) as ground, _drain_of(ground, workers) as drain:
        yield Keeper(**_parts(ground), drain=drain)


@contextlib.contextmanager
def open_desk(settings: Settings, number: int) -> Iterator[Desk]:
    """Open what worker `number` needs; its keeper holds the lock."""
    with open_ground(settings) as ground, _desk_on(ground, number) as desk:
        yield desk


@contextlib.contextmanager
def open_hand(settings: Settings, number: int) -> Iterator[Hand]:
    """Open what hand `number` needs; the house it belongs to holds the lock and the store."""
    with _footing(settings) as footing, _receiving(footing, number) as receiving:
        yield Hand(**_parts(footing), **receiving)


@contextlib.contextmanager
def _footing(settings: Settings) -> Iterator[Footing]:
    with Registry.open(settings.registry_url()) as registry:
        salts = open_salts(settings.salts, settings.data)
        yield Footing(settings=settings, registry=registry, snapshot=Snapshot(registry), salts=salts)


@contextlib.contextmanager
def open_ground(settings: Settings) -> Iterator[Ground]:
    """Open registry, sites, salts and store."""
    with contextlib.ExitStack() as stack:
        footing = stack.enter_context(_footing(settings))
        store = stack.enter_context(connect(settings.store_dsn()))
        try:
            migrate(store)
        except StoreAway:
            log.warning("the store does not answer; events wait in the spool until it does (FOOTFALL_STORE)")
        yield Ground(**_parts(footing), store=store, secret=secret_in(settings.data / "form.key"))


@contextlib.contextmanager
def _desk_on(ground: Ground, number: int) -> Iterator[Desk]:
    with _receiving(ground, number) as receiving:
        yield Desk(**_parts(ground), **receiving)


@contextlib.contextmanager
def _receiving(footing: Footing, number: int) -> Iterator[dict[str, Any]]:
    tools = open_bridge(footing.settings, footing.salts, footing.snapshot.pepper)
    directory = footing.settings.data / "spool" / str(number)
    with contextlib.closing(Spool.open(directory)) as spool:
        yield {"tools": tools, "spool": spool, "spool_directory": directory}


@contextlib.contextmanager
def _drain_of(ground: Ground, workers: int) -> Iterator[Drain]:
    """Open the drain of these workers' spools, of every spool that an earlier run left, and of imports to come."""
    folder = ground.settings.data / "spool"
    ours = {folder / str(number) for number in range(workers)}
    directories = sorted(_spools_in(folder) | ours)
    day_of = _day_of(ground.snapshot)
    book = ErasedBook(ground.settings.data / FILE)
    drain = Drain(
        ground.store, directories, day_of=day_of, newcomers=lambda: _spools_in(folder), tallied=ours, erased=book
    )
    with contextlib.closing(drain):
        yield drain


def _spools_in(folder: Path) -> set[Path]:
    return {path for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()


def _parts(ground: Footing) -> dict[str, Any]:
    """Return an open part's fields, to build the next on them. Not a copy: what is open stays one."""
    return {name: getattr(ground, name) for name in ground.__struct_fields__}


def open_bridge(settings: Settings, salts: Salts, pepper: Pepper = lambda _site_id: b"") -> Tools:
    """Open the tools of the bridge. Raises SettingsError for a file of the operator's that cannot be read."""
    geo = settings.geo
    try:
        return open_tools(salts.today, geo, settings.data, pepper)
    except (OSError, RuntimeError) as error:
        told = error.strerror if isinstance(error, OSError) else "not a file in MaxMind's format"
        way = f"FOOTFALL_GEO: cannot read {geo}" if geo else f"cannot read what updates brought to {settings.data}"
        raise SettingsError(f"{way} ({told})") from None
    except (ValueError, KeyError, AttributeError):
        file = settings.data / LISTS_FILE
        raise SettingsError(f"{file} is not a table of sources: `footfall lists update` makes a new one") from None


def _day_of(snapshot: Snapshot) -> Callable[[int, int], int]:
    def day_of(site_id: int, moment_ms: int) -> int:
        site = snapshot.by_id(site_id)
        return day_number(moment_ms, site.timezone if site else "UTC")

    return day_of
