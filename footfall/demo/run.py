"""Runs the demo: a house of its own, filled with a story, two sites on one process, and nothing left behind.

In: what the command line said. Out: the product on this machine until Ctrl-C. The report and the collector are at the
port asked for, the demo's website at the next one, with the collector mounted below `/_f/`: a first-party install.
Without `data` everything lives in a temporary directory that goes with the process; salts live in memory.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from socket import socket

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from clickhouse.insert import insert_events, insert_refusals
from clickhouse.rows import PAGEVIEW, Event, PlacedEvent
from clickhouse.visits import derive_visits_of_site
from collector.arrival import Arrival
from collector.distill import Tools, distill
from collector.setting_values import Listen
from collector.settings import Settings, SettingsError, load
from footfall.demo import town
from footfall.demo.traffic import Source, SourceOf, Traffic
from footfall.demo.website import App, Receive, Scope, Send, website
from footfall.house import House, open_house
from footfall.serve import run_house
from footfall.web import bound
from footfall.whereabouts import own_address
from registry.site import Site

HOST = "127.0.0.1"
USUAL_PORT = 8000
ROWS_AT_ONCE = 10_000
GOALS = (
    ("Signed up", "feature", "Signup"),
    ("Saw the prices", "page", "/pricing"),
    ("Upgraded", "feature", "Upgrade"),
    ("Read the documentation", "page", "/docs/*"),
)
AN_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def run_demo(port: int | None, days: int, events: int, data: Path | None) -> None:
    """Run until Ctrl-C. Raises SettingsError when a port or the directory cannot be had."""
    with ExitStack() as stack:
        front = stack.enter_context(listener(port, USUAL_PORT))
        pages = stack.enter_context(listener(None, front.getsockname()[1] + 1))
        directory = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="footfall-demo-")))
        house = stack.enter_context(open_house(settings_in(directory, front)))
        if not any(site.host == town.HOST for site in house.registry.sites.list()):
            fill(house, days, events)
        report = f"{address_of(front)}/sites/{town.HOST}"
        run_house(
            house,
            [front, pages],
            open_on_loopback=True,
            around=lambda app: by_port(pages.getsockname()[1], website(app, report), app),
            on_ready=lambda: greet(report, address_of(pages), kept=data),
            at_once=None if data else lambda: leave_nothing(directory),
        )


@contextmanager
def listener(port: int | None, usual: int) -> Iterator[socket]:
    """Take the port asked for; without a wish the usual one, or any that is free."""
    with ExitStack() as stack:
        try:
            taken = stack.enter_context(bound(Listen(HOST, usual if port is None else port)))
        except (SettingsError, OverflowError):
            if port is not None:
                raise
            taken = stack.enter_context(bound(Listen(HOST, 0)))
        yield taken


def address_of(taken: socket) -> str:
    return own_address(Listen(HOST, int(taken.getsockname()[1])))


def leave_nothing(directory: Path) -> None:
    """Be another program, which removes the directory: nothing of this one goes on writing in it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    words = [sys.executable, "-I", "-c", "import shutil, sys; shutil.rmtree(sys.argv[1])", str(directory)]
    os.execv(sys.executable, words)  # noqa: S606  # nosec B606  # our own interpreter, our own words


def settings_in(directory: Path, front: socket) -> Settings:
    """The settings of the demo: everything inside `directory`, whatever a real installation here is set to."""
    port = front.getsockname()[1]
    own = {"FOOTFALL_DATA": str(directory), "FOOTFALL_SALTS": "memory:", "FOOTFALL_LISTEN": f"{HOST}:{port}"}
    wished = {key: value for key, value in os.environ.items() if key in ("FOOTFALL_GEO", "FOOTFALL_LOG_LEVEL")}
    return load({"FOOTFALL_LOG_LEVEL": "warning", **wished, **own})


def fill(house: House, days: int, events: int) -> None:
    """Make the site and its past."""
    site = house.registry.sites.add(town.HOST, name="Larkspur (demo)", hosts=f"{HOST},localhost")
    for name, kind, pattern in GOALS:
        house.registry.goals.add(town.HOST, **{kind: pattern}, name=name)
    for feature, about in town.DECLARED.items():
        house.registry.features.add(town.HOST, feature, about)
    for name, within, steps in town.FUNNELS:
        house.registry.funnels.add(town.HOST, name, steps, within)
    house.snapshot.refresh()
    traffic = Traffic(site.id, secrets.randbits(63), source_of(site, house.tools))
    now = datetime.now(UTC)
    with progress() as bar:
        task = bar.add_task(f"Making up {days} days of traffic", total=events)
        for batch in batches(traffic.days(now, days, events)):
            first = batch[0].position
            insert_events(house.store, batch, token=f"demo:{first.segment}:{first.seq}")
            bar.update(task, advance=len(batch))
        bar.update(task, completed=events)
    derive_visits_of_site(house.store, site.id)
    insert_refusals(house.store, traffic.refusals(now, days, events), token=f"demo:{traffic.segment}:refusals")
    house.store.tidy()


def source_of(site: Site, tools: Tools) -> SourceOf:
    """Ask the bridge itself what it calls an origin, so that the story speaks as the product does."""

    def ask(url: str, referrer: str) -> Source:
        arrival = Arrival(name=PAGEVIEW, url=url, referrer=referrer, address="192.0.2.1", agent=AN_AGENT)
        event = distill(arrival, site, tools, int(datetime.now(UTC).timestamp() * 1000))
        if not isinstance(event, Event):
            raise TypeError(f"the demo's own {url} was refused: {event.reason}")
        return Source(**{field: getattr(event, field) for field in Source._fields})

    return ask


def batches(days: Iterator[list[PlacedEvent]]) -> Iterator[list[PlacedEvent]]:
    """Put days together into inserts of a good size."""
    batch: list[PlacedEvent] = []
    for day in days:
        batch += day
        if len(batch) >= ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def by_port(port: int, there: App, elsewhere: App) -> App:
    """One process, two listeners: requests that came in at `port` go `there`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        came_in = (scope.get("server") or (None, None))[1]
        await (there if came_in == port else elsewhere)(scope, receive, send)

    return app


def greet(report: str, pages: str, kept: Path | None) -> None:
    """Say where to look. Scripts read these lines too: a label, then an address."""
    front = report.partition("/sites/")[0]
    for label, url in (("Report", report), ("Demo page", f"{pages}/"), ("Privacy page", f"{pages}/_f/privacy")):
        click.echo(f"  {label:<13} {url}")
    click.echo(f"  {'Collector':<13} {front}/e")
    kept_word = f"The data stays in {kept}." if kept else "Nothing is left behind."
    click.echo(f"Click around on the demo page and watch the report. Ctrl-C ends it. {kept_word}")
