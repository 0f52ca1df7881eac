"""Run: one import from the command line's words to the report.

In: settings, a site's host, a log. Out: a Summary, and whether the rows are in the store already. Whether a server
runs does not matter: the rows go into a spool directory of the site's own, which a running server's drain finds
within a second; where none runs, this process opens the house afterwards, stores everything and takes the emptied
spool away. An import may be stopped at any point and begun again: what was put down is known, and not taken twice.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from clickhouse.faults import StoreAway
from collector.settings import Settings
from footfall.footing import open_bridge
from footfall.house import open_house
from footfall.importing.bench import Bench, open_bench, remove_emptied, spool_of
from footfall.importing.formats import Format, reader_of
from footfall.importing.lines import PIPE, Lines, LogFile, follow, piped
from footfall.importing.summary import Summary
from footfall.importing.worker import Worker
from footfall.lock import DataHeld, hold_data
from registry.errors import NotAllowed
from registry.registry import Registry
from registry.salts import open_salts
from registry.site import Site
from registry.snapshot import Snapshot


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. `name` tells the logs of several servers apart."""

    host: str
    file: str
    form: Format = "auto"
    follows: bool = False
    name: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What came of it. `is_stored`: in the store already; else a server brings it there."""

    host: str
    summary: Summary
    is_stored: bool
    trouble: str = ""
    """What kept it from coming to the log's end."""


class Log(msgspec.Struct, frozen=True):
    """An open log: its lines, and how far it has been read, of how much (None: nobody knows)."""

    lines: Lines
    size: int | None
    position: Callable[[], int]
    trouble: Callable[[], str] = str


def import_log(settings: Settings, registry: Registry, wish: Wish) -> Outcome:
    """Import a log. Raises the error of whatever stands in the way, each one line."""
    snapshot = Snapshot(registry)
    site_id = registry.sites.get(wish.host).id

    def site() -> Site | None:
        snapshot.refresh()
        return snapshot.by_id(site_id)

    salts = open_salts(settings.salts, settings.data)
    # Salts in the memory of a server cannot be had from here: then today is counted like any other day.
    shared = salts.today if salts.is_shared else None
    with open_log(wish) as log, open_bench(settings.data, site_id) as bench:
        worker = Worker(
            site=site,
            tools=open_bridge(settings, salts),
            shared=shared,
            bench=bench,
            read=reader_of(wish.form),
            name=wish.name,
        )
        work_through(worker, log, bench)
        is_stored = store_now(settings, spool_of(settings.data, site_id))
        return Outcome(wish.host, worker.summary, is_stored, log.trouble())


def work_through(worker: Worker, log: Log, bench: Bench) -> None:
    """Import all of a log, with a bar for whoever watches."""
    with watched() as bar:
        task = bar.add_task("Importing", total=log.size, count=0)
        for lines in worker.run(log.lines):
            show(bar, task, log.position(), lines)
        show(bar, task, log.size or 0, worker.summary.lines)
    bench.settle()


@contextlib.contextmanager
def open_log(wish: Wish) -> Iterator[Log]:
    """Open the log; a signal ends what has no end of its own, in order."""
    if wish.file == PIPE:
        with stoppable() as stop:
            yield Log(piped(sys.stdin.fileno(), stop), None, lambda: 0)
    elif wish.follows:
        with contextlib.closing(LogFile(Path(wish.file))) as file:
            if file.is_packed:
                raise NotAllowed("a packed file does not grow: leave out --follow")
        with stoppable() as stop:
            yield Log(follow(Path(wish.file), stop), None, lambda: 0)
    else:
        with contextlib.closing(LogFile(Path(wish.file))) as file:
            yield Log(file.lines(), file.size, file.position, lambda: file.trouble)


@contextlib.contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Turn Ctrl-C and SIGTERM into an event, for the length of a block."""
    stop = threading.Event()
    earlier = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def store_now(settings: Settings, spool: Path) -> bool:
    """Bring everything that waits to the store, unless a server does: then say False."""
    try:
        with open_house(settings) as house, watched() as bar:
            task = bar.add_task("Storing", total=None, count=0)
            rows = 0
            while taken := house.drain.step():
                rows += taken
                show(bar, task, 0, rows)
        with hold_data(settings.data):
            remove_emptied(spool)
    except (DataHeld, StoreAway):
        return False
    return True


def watched() -> Progress:
    """Make a bar that is there only where somebody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]:,}"), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def show(bar: Progress, task: TaskID, position: int, count: int) -> None:
    bar.update(task, completed=position, count=count)
