"""Probe: sends marked visits to a running server, under a site of its own, and notes what came of each.

In: a door, the registry and store behind it, a random word. Out: a `Probe`: what was kept and refused by then, cookies
and headers of every public route. The site is made for it (`audit-….invalid`, a name that no browser can reach), so
no report of anybody counts any of it; afterwards its rows are erased, its salt is destroyed and the site is gone. A
site that a crash left behind goes at the next audit.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from clickhouse.client import Store
from clickhouse.erase import erase_site
from clickhouse.examine import events_of, refused_of
from footfall.audit.http import Answer, Door, Unreachable
from registry.hosts import AUDIT_HOST
from registry.registry import Registry
from registry.salts import Salts
from registry.site import Site

ADDRESS = "203.0.113.77"
"""Of the block for documentation (RFC 5737): nobody's."""
FORGED = "8.8.8.8"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
KNOWN_SECONDS = 15.0
"""Every worker follows the registry once a second."""
STORED_SECONDS = 20.0
POLL_SECONDS = 0.25
SAYS: Mapping[str, Mapping[str, str]] = {
    "gpc": {"Sec-GPC": "1"},
    "dnt": {"DNT": "1"},
    "optout": {"Cookie": "footfall_optout=1"},
    "denied": {"Cookie": "footfall_consent=1.1.1700000000.d.0"},
    "bot": {"User-Agent": ROBOT},
}
"""Reason -> what a request that has to be refused for it carries."""
ROUTES = (
    ("GET", "/s.js"),
    ("GET", "/privacy"),
    ("GET", "/privacy?lang=de"),
    ("GET", "/privacy/style.css"),
    ("GET", "/.well-known/gpc.json"),
    ("GET", "/p.gif"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/"),
    ("GET", "/setup"),
)
FROM_AUDIT = {"Referer": "https://self-audit.invalid/"}
"""So that the picture is asked for by a page of nobody's, and counts for nobody."""


class Seen(msgspec.Struct, frozen=True):
    """What one route answered."""

    route: str
    status: int
    cookies: tuple[str, ...]
    policy: str
    """Content-Security-Policy, or nothing."""
    kind: str


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `why`: why nothing could be asked; then the rest is empty."""

    why: str = ""
    is_local: bool = True
    base: str = ""
    kept: tuple[tuple[str, str, int], ...] = ()
    """(path, country, visitor number) of what was stored; the numbers are in no report."""
    refused: Mapping[str, int] = {}
    seconds: float = 0.0
    """From the answer to the first marked visit until it was in the store."""
    seen: tuple[Seen, ...] = ()
    declined: Seen | None = None
    """What the form of the visitor's page answered to a plain POST."""
    notices: Mapping[int, str] = {}
    """Site -> its privacy page."""


def look(door: Door, registry: Registry, store: Store, salts: Salts, word: str) -> Probe:
    """Ask everything; what cannot be asked is told by `why`."""
    remove_leftovers(registry, store, salts)
    try:
        with a_site(registry, store, salts) as site:
            if not is_known(door, site):
                return Probe(why=f"{door.base} does not serve the sites of this registry", base=door.base)
            seconds = send_marked(door, site, store, word)
            if seconds is None:
                return Probe(why=f"a marked visit to {door.base} did not reach this store", base=door.base)
            return Probe(
                base=door.base,
                is_local=door.is_local,
                seconds=seconds,
                kept=tuple(events_of(store, site.id)),
                refused=refused_of(store, site.id),
                seen=tuple(_seen(f"{method} {path}", door.ask(method, path, FROM_AUDIT)) for method, path in ROUTES),
                declined=_seen("POST /privacy/choice", decline(door)),
                notices={each.id: page for each in registry.sites.list() if (page := _page_of(door, each))},
            )
    except Unreachable as error:
        return Probe(why=f"{door.base}: {error}", base=door.base)


def send_marked(door: Door, site: Site, store: Store, word: str) -> float | None:
    """Send a plain visit, one that claims another address, one full of personal things, one for each way to say no."""
    began = time.monotonic()
    send(door, site, "/plain", {"X-Forwarded-For": ADDRESS} if door.is_local else {})
    arrived = await_true(lambda: any(path == "/plain" for path, _, _ in events_of(store, site.id)), STORED_SECONDS)
    seconds = time.monotonic() - began
    if not arrived:
        return None
    if not door.is_local:
        send(door, site, "/forged", {"X-Forwarded-For": FORGED})
    forwarded = {"X-Forwarded-For": ADDRESS}
    send(
        door,
        site,
        f"/canary/u/{word}?email={word}@example.org",
        {**forwarded, "User-Agent": f"{AGENT} {word}", "Referer": f"https://{site.host}/u/{word}"},
    )
    for reason, headers in SAYS.items():
        send(door, site, f"/no/{reason}", headers)
    await_true(lambda: _is_settled(door, site, store), STORED_SECONDS)
    return seconds


def _is_settled(door: Door, site: Site, store: Store) -> bool:
    """Tell whether everything sent is in the store: what came later would come to a site that is gone."""
    refused = refused_of(store, site.id)
    robots = 2  # one of SAYS, and the one by which the server was seen to know the site
    return (
        len(events_of(store, site.id)) >= 3 - door.is_local and set(SAYS) <= set(refused) and refused["bot"] >= robots
    )


def send(door: Door, site: Site, path: str, headers: Mapping[str, str]) -> Answer:
    """Send one page view as the tag does."""
    body = msgspec.json.encode({"n": "pageview", "u": f"https://{site.host}{path}", "d": site.host})
    plain = {"Content-Type": "text/plain", "Origin": f"https://{site.host}", "User-Agent": AGENT}
    return door.ask("POST", "/e", {**plain, **headers}, body)


def decline(door: Door) -> Answer:
    """Press “stop measuring me” as a browser without JavaScript does."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return door.ask("POST", "/privacy/choice", form, b"choice=optout")


@contextmanager
def a_site(registry: Registry, store: Store, salts: Salts) -> Iterator[Site]:
    """Have a site for a moment; afterwards nothing of it is left."""
    site = registry.sites.add(f"audit-{secrets.token_hex(4)}.invalid", by="self-audit", name="Self-audit")
    try:
        yield site
    finally:
        forget_site(registry, store, salts, site)


def forget_site(registry: Registry, store: Store, salts: Salts, site: Site) -> None:
    """Erase the audit's own site: rows, salt, and the site itself."""
    erase_site(store, site.id)
    salts.destroy(site.id)
    registry.sites.purge(site.host)


def remove_leftovers(registry: Registry, store: Store, salts: Salts) -> None:
    """Remove what an audit that was cut short has left."""
    for site in registry.sites.list():
        if AUDIT_HOST.fullmatch(site.host):
            forget_site(registry, store, salts, site)


def is_known(door: Door, site: Site) -> bool:
    """Wait until the server knows the new site: what a robot sends is then refused for that."""
    return await_true(lambda: reason_of(send(door, site, "/known", {"User-Agent": ROBOT})) == "bot", KNOWN_SECONDS)


def reason_of(answer: Answer) -> str:
    """Return why an event was refused, or nothing."""
    return answer.headers.get("x-refused", "")


def await_true(is_true: Callable[[], bool], seconds: float, pause: float = POLL_SECONDS) -> bool:
    """Wait until something is true; False when it takes too long."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return True


def _page_of(door: Door, site: Site) -> str:
    """Fetch a site's privacy page; nothing where this address is not the site's and cannot stand for it."""
    if AUDIT_HOST.fullmatch(site.host) or not (door.is_local or door.host.removeprefix("www.") == site.host):
        return ""
    answer = door.ask("GET", "/privacy", {"Host": site.host} if door.is_local else {})
    return answer.body.decode("utf-8", "replace") if answer.status == 200 else ""


def _seen(route: str, answer: Answer) -> Seen:
    return Seen(
        route,
        answer.status,
        tuple(answer.cookies()),
        answer.headers.get("content-security-policy", ""),
        answer.headers.get_content_type(),
    )
