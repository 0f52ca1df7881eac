"""The dashboard at its worst: every text that a visitor sends or a person types is hostile, and every page is there.

One server, one site whose lists are full, sessions of those who see pages of their own: a person with an account, one
who has yet to type a code, one who holds a link. The first run has a server of its own: nobody is there yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from hostile_words import XSS
from ledger_world import month_of, refuse, strays_of
from report_windows import NOW, REPORT, SITE, Server, fill

from clickhouse.ask.ledger import NOWHERE
from clickhouse.client import Store, connect
from clickhouse.insert import insert_events
from clickhouse.migrate import migrate
from clickhouse.rows import Event, PlacedEvent, Position
from clickhouse.visits import derive_visits, visit_id_of
from dashboard.app import create_dashboard
from registry.registry import Registry
from registry.shares import Wish

PASSWORD = "correct horse battery"
SEGMENT = 77
FRIEND, STRANGER = "http://localhost:9", "http://localhost:7"
"""Origins of other people's pages; the first may show one of our links in a frame."""
EACH = 14
"""Visitors of each hostile visit: enough to be shown to everybody."""


class Dashboard(NamedTuple):
    """Where it is, and what opens its doors."""

    url: str
    sessions: dict[str, str]
    """Of `owner`, of `viewer`, and of `half`, who has yet to type a code."""
    fills: dict[str, str]
    """What stands for the braces of a path."""
    first_run: str
    """The setup link of a server where nobody is yet."""


def hostile_visits(site: int) -> Iterator[PlacedEvent]:
    """Visits in which everything that a visitor can say is a payload."""
    seq = 0
    for number, payload in enumerate(XSS * EACH):
        visitor, at = 500_000 + number, NOW - timedelta(minutes=2 + number % 9000)
        said = {
            "path": f"/{payload}", "hostname": payload, "referrer": payload, "source": payload, "city": payload,
            "utm_source": payload, "utm_medium": payload, "utm_campaign": payload, "utm_content": payload,
            "utm_term": payload, "browser": payload, "os": payload, "language": payload,
        }  # fmt: skip
        begun = int(at.timestamp() * 1000)
        for name, props in (("pageview", {}), (payload, {payload: payload})):
            event = Event(site_id=site, visitor_id=visitor, ts=begun, name=name, props=props, **said)
            yield PlacedEvent(event, visit_id_of(site, visitor, begun), Position(SEGMENT, seq))
            seq += 1


def fill_with_hostile(store: Store, site: int) -> None:
    placed = list(hostile_visits(site))
    insert_events(store, placed, token="hostile")
    derive_visits(store, {(site, row.visit_id) for row in placed})


def name_everything_hostile(registry: Registry) -> None:
    """Whatever a person of the team may call anything."""
    registry.sites.set(SITE, {"name": XSS[3], "place": "city"})
    for number, payload in enumerate(XSS[:6]):
        registry.goals.add(SITE, feature=payload, name=f"{payload}{number}")
        registry.features.add(SITE, payload, payload)
        registry.funnels.add(SITE, f"{payload}{number}", [("page", "/"), ("feature", payload)])
        registry.segments.add(SITE, payload, [f"is:page:/{number}"], by=payload)
        registry.annotations.add(SITE, (NOW - timedelta(days=number)).date(), payload, by=payload)
        registry.keys.add(SITE, ["stats:read"], payload)
        registry.shares.add(SITE, Wish(name=payload), by=payload)
    site = registry.sites.get(SITE)
    registry.requests.add("R-1", site.id, SITE, "objection", XSS[0], XSS[0], receipt_sha256="0" * 64)


@contextmanager
def hostile_dashboard(engine: Path, folder: Path) -> Iterator[Dashboard]:
    with ExitStack() as stack:
        store = stack.enter_context(connect(f"chdb://{engine}", database="hostile"))
        migrate(store)
        registry = stack.enter_context(Registry.open(f"sqlite:///{folder / 'registry.sqlite'}", clock=lambda: NOW))
        site = registry.sites.add(SITE)
        registry.sites.add("quiet.example")
        fill(store, site.id, 300)
        fill_with_hostile(store, site.id)
        name_everything_hostile(registry)
        refuse(store, site.id, *month_of(NOW.date()))
        refuse(store, NOWHERE, *strays_of(NOW.date()))
        owner = registry.users.add("owner@shop.example", PASSWORD, "owner")
        viewer = registry.users.add("viewer@shop.example", PASSWORD, "viewer", SITE)
        begin = registry.sessions.open
        sessions = {
            "owner": begin(owner.id),
            "half": begin(owner.id, awaits_code=True),
            "viewer": begin(viewer.id),
        }
        fills = {
            "{host}": SITE,
            "{token}": registry.shares.add(SITE, Wish(name="board"), by=owner.email)[1],
            "{framed}": registry.shares.add(SITE, Wish(name="wall", frames=FRIEND), by=owner.email)[1],
            "{locked}": registry.shares.add(SITE, Wish(name="locked", password=PASSWORD), by=owner.email)[1],
        }
        app = create_dashboard(registry, store, open_on_loopback=True, now=lambda: NOW,
                               collector_health=lambda: {"spool": {site.id: 3}})  # fmt: skip
        empty = stack.enter_context(Registry.open(f"sqlite:///{folder / 'empty.sqlite'}", clock=lambda: NOW))
        first = stack.enter_context(Server(create_dashboard(empty, store, now=lambda: NOW)))
        token = empty.setup.make_token()
        yield Dashboard(stack.enter_context(Server(app)), sessions, fills, f"{first}/setup?token={token}")
        store.writer.command("drop database hostile sync", use_database=False)


__all__ = ["REPORT", "Dashboard", "hostile_dashboard"]
