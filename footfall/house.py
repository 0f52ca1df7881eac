"""The house: the rooms that a process of Footfall needs, opened in the right order and closed in the reverse.

In: settings. Out, for the length of a block: on the `Footing` (footing.py), with registry and store, the `Ground`; on
that a `Desk` that receives events (its own spool), a `Keeper` who stores them (the drain), or both: a `House`. One
process is a house. Many on a server store are one keeper, who holds the lock on the data, and a desk for each worker;
on the embedded store one house and its hands, which receive without a store (hand.py).
What cannot be opened raises the error of its room, which the command line turns into one line. A store that is away
is no reason to stay closed: the spool accepts, and the drain goes on when the store is back.
Nothing runs yet: serve.py starts the server, chores.py the threads.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from clickhouse.client import Store, connect
from clickhouse.faults import StoreAway
from clickhouse.migrate import migrate
from collector.distill import Tools
from collector.drain import Drain
from collector.drain.erased import FILE, ErasedBook
from collector.settings import Settings
from collector.spool import Spool
from collector.tally import day_number
from footfall.footing import Footing, footing_on, parts_of, receiving_on
from footfall.lock import hold_data
from footfall.private import secret_in
from footfall.rewound import returning
from registry.registry import Registry
from registry.snapshot import Snapshot

log = logging.getLogger(__name__)


class Ground(Footing, frozen=True, kw_only=True):
    """Footing with the whole registry and the store."""

    registry: Registry
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
        yield House(**parts_of(desk), drain=drain)


@contextlib.contextmanager
def open_keeper(settings: Settings, workers: int) -> Iterator[Keeper]:
    """Open what the one keeper of several workers needs."""
    with hold_data(settings.data), open_ground(settings) as ground, _drain_of(ground, workers) as drain:
        yield Keeper(**parts_of(ground), drain=drain)


@contextlib.contextmanager
def open_desk(settings: Settings, number: int) -> Iterator[Desk]:
    """Open what worker `number` needs; its keeper holds the lock."""
    with open_ground(settings) as ground, _desk_on(ground, number) as desk:
        yield desk


@contextlib.contextmanager
def open_ground(settings: Settings) -> Iterator[Ground]:
    """Open registry, sites, salts and store."""
    with contextlib.ExitStack() as stack:
        registry = stack.enter_context(Registry.open(settings.registry_url()))
        footing = footing_on(settings, registry)
        store = stack.enter_context(connect(settings.store_dsn()))
        try:
            migrate(store)
        except StoreAway:
            log.warning("the store does not answer; events wait in the spool until it does (FOOTFALL_STORE)")
        yield Ground(**parts_of(footing), registry=registry, store=store, secret=secret_in(settings.data / "form.key"))


@contextlib.contextmanager
def _desk_on(ground: Ground, number: int) -> Iterator[Desk]:
    with receiving_on(ground, number) as receiving:
        yield Desk(**parts_of(ground), **receiving)


@contextlib.contextmanager
def _drain_of(ground: Ground, workers: int) -> Iterator[Drain]:
    """Open the drain of these workers' spools, of every spool that an earlier run left, and of imports to come."""
    folder = ground.settings.data / "spool"
    ours = {folder / str(number) for number in range(workers)}
    directories = sorted(_spools_in(folder) | ours)
    day_of = _day_of(ground.snapshot)
    book = ErasedBook(ground.settings.data / FILE)
    drain = Drain(
        ground.store, directories, day_of=day_of, newcomers=lambda: _spools_in(folder), tallied=ours, erased=book,
        returning=returning(ground.registry, ground.snapshot),
    )  # fmt: skip
    with contextlib.closing(drain):
        yield drain


def _spools_in(folder: Path) -> set[Path]:
    return {path for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()


def _day_of(snapshot: Snapshot) -> Callable[[int, int], int]:
    def day_of(site_id: int, moment_ms: int) -> int:
        site = snapshot.by_id(site_id)
        return day_number(moment_ms, site.timezone if site else "UTC")

    return day_of
