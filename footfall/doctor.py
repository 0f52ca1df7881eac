"""Doctor: follows a marked visit from the public address to the report, and looks at all that may stand in between.

In: the address, an open registry, the settings. Out: findings, in the words of the self-audit, each failure with a way
to mend it. The visit is one to a site that exists for that moment only (`audit-….invalid`): it counts in no report but
that site's own, which is read through the stats API at the same address with a key of that site. The running server
erases all of it afterwards.
"""

from __future__ import annotations

import secrets
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from collector.distill.geo import open_geo
from collector.distill.tools import GEO_FILE
from collector.settings import PREFIX, Settings
from collector.spool.disk import Limits, space_of
from footfall.audit.finding import Finding, failed, passed, skipped, warned
from footfall.audit.http import Answer, Door, Unreachable
from footfall.audit.probe import FORGED, KNOWN_SECONDS, await_true, decline, is_known, reason_of, send
from registry.registry import Registry
from registry.site import Site

REPORT_SECONDS = 20.0
CLOCK_SECONDS = 5.0
OLD_GEO_DAYS = 90
TLS_DAYS = 14
Sayings = Iterator[tuple[str, Finding]]


class Patient(NamedTuple):
    """What is looked at: the door, a site for the moment, and a key to its report."""

    door: Door
    settings: Settings
    site: Site
    key: str


def examine(door: Door, settings: Settings, registry: Registry) -> Sayings:
    """Look at everything, in order; what comes after a dead end is left out."""
    try:
        alive = door.ask("GET", "/healthz")
    except Unreachable as error:
        yield "server", failed(f"{door.base}: {error}", "start it (`footfall serve`), or look at the proxy and at DNS")
        yield from at_home(settings)
        return
    yield "server", server(door, alive)
    site = registry.sites.add(f"audit-{secrets.token_hex(4)}.invalid", by="doctor", name="Doctor")
    try:
        _, key = registry.keys.add(site.host, ["stats:read"], "doctor")
        yield from on_the_way(Patient(door, settings, site, key), alive)
    except Unreachable as error:
        yield "connection", failed(f"{door.base} broke off: {error}", "look at the proxy's log")
    yield from at_home(settings)


def on_the_way(patient: Patient, alive: Answer) -> Sayings:
    """Look at what stands between a browser and the report."""
    door = patient.door
    yield "address", address(door, patient.settings)
    yield "TLS", tls(door)
    yield "clock", clock(alive, time.time())
    script, page = door.ask("GET", "/s.js"), door.ask("GET", "/privacy")
    yield "snippet", snippet(script)
    yield "caching", caching(page)
    yield "CSP", content_policy(page)
    if not is_known(door, patient.site):
        yield (
            "visit",
            failed(
                f"a new site was not known to the server after {KNOWN_SECONDS:.0f} s",
                f"does it use the same {PREFIX}REGISTRY as this command?",
            ),
        )
        return
    yield from visit(patient)
    yield "opt-out", opt_out(patient)


def server(door: Door, alive: Answer) -> Finding:
    ready = door.ask("GET", "/readyz")
    if alive.status != 200 or ready.status >= 500:
        return failed(
            f"/healthz answers {alive.status}, /readyz {ready.status}", "look at the server's log and its disk"
        )
    if b"degraded" in ready.body:
        return warned("it accepts events, but the store does not answer", f"look at {PREFIX}STORE and at ClickHouse")
    return passed(f"{door.base} answers and is ready")


def address(door: Door, settings: Settings) -> Finding:
    if door.base == settings.base_url:
        return passed(f"{PREFIX}BASE_URL is the address that was asked")
    if door.is_local:
        return skipped(f"this machine was asked; the public address is {settings.base_url or 'not set'}: use --url")
    return failed(
        f"{PREFIX}BASE_URL is {settings.base_url or 'not set'}, and {door.base} was asked",
        f"set {PREFIX}BASE_URL={door.base}: tags, cookies and links are made from it",
    )


def tls(door: Door) -> Finding:
    parts = urlsplit(door.base)
    if parts.scheme != "https":
        told = "plain http"
        return (
            skipped(f"{told} on this machine")
            if door.is_local
            else failed(
                f"{told}: cookies of visitors are not kept by browsers, and what they send can be read on the way",
                "let the proxy speak TLS",
            )
        )
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as wrapped,
        ):
            ends = ssl.cert_time_to_seconds(str((wrapped.getpeercert() or {}).get("notAfter", "")))
            days, version = int((ends - time.time()) // 86_400), wrapped.version()
    except (OSError, ValueError) as error:
        return failed(f"TLS fails ({type(error).__name__})", "renew the certificate; it has to name this host")
    if days < TLS_DAYS:
        return warned(f"the certificate ends in {days} days", "renew it")
    return passed(f"{version}, certificate good for {days} days")


def clock(answer: Answer, now: float) -> Finding:
    told = answer.headers.get("date")
    if not told:
        return skipped("the answer says no date")
    away = abs(parsedate_to_datetime(told).timestamp() - now)
    if away > CLOCK_SECONDS:
        return failed(f"server and this machine are {away:.0f} s apart", "set the clocks by NTP: days end by the clock")
    return passed(f"server and this machine agree within {CLOCK_SECONDS:.0f} s")


def snippet(answer: Answer) -> Finding:
    kind = answer.headers.get_content_type()
    if answer.status != 200 or kind != "text/javascript":
        return failed(f"/s.js answers {answer.status} {kind}", "let the proxy pass /s.js on, without changing it")
    return passed(
        f"/s.js is {len(answer.body):,} bytes of JavaScript, {answer.headers.get('cache-control', 'uncached')}"
    )


def caching(page: Answer) -> Finding:
    kept = [
        name
        for name in ("age", "x-cache", "cf-cache-status", "x-varnish")
        if "hit" in page.headers.get(name, "").lower() or (name == "age" and page.headers.get(name))
    ]
    if "no-store" not in page.headers.get("cache-control", "") or kept:
        return failed(
            f"/privacy may be kept by a cache ({', '.join(kept) or 'cache-control was changed'})",
            "exempt /privacy and /e from the cache: one visitor's state must not be shown to another",
        )
    return passed("/privacy is kept by no cache")


def content_policy(page: Answer) -> Finding:
    policy = page.headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy:
        return failed("/privacy has no policy that forbids foreign content", "let the proxy pass the header on")
    return passed("/privacy forbids foreign content")


def visit(patient: Patient) -> Sayings:
    """Send a marked visit, find it in the report, then try to pass for somebody else."""
    door, site = patient.door, patient.site
    answer = send(door, site, "/doctor", {})
    if answer.status != 202 or reason_of(answer):
        yield (
            "visit",
            failed(
                f"it was answered {answer.status} {reason_of(answer) or ''}".rstrip(),
                "docs/refusals.md has a heading for each reason",
            ),
        )
        return
    began = time.monotonic()
    if not await_true(lambda: reported(patient)["pageviews"] == 1, REPORT_SECONDS):
        yield (
            "visit",
            failed(
                f"it was accepted and is not in the report after {REPORT_SECONDS:.0f} s",
                "is the store reachable, and does one server hold this data? /readyz and the log tell",
            ),
        )
        return
    yield "visit", passed(f"accepted, and in the report after {time.monotonic() - began:.1f} s")
    yield "client address", client_address(patient)


def client_address(patient: Patient) -> Finding:
    """Judge by how many visitors there are: none, when no address arrives; two, when a forged one is believed."""
    if reported(patient)["visitors"] != 1:
        return failed(
            "the server does not see the visitor's address",
            f"name the proxy in {PREFIX}TRUSTED_PROXIES, and let it write X-Forwarded-For",
        )
    if patient.door.is_local:
        return skipped(
            "this machine may speak for others: only the public address can tell whether a forged one is believed"
        )
    send(patient.door, patient.site, "/forged", {"X-Forwarded-For": FORGED})
    await_true(lambda: reported(patient)["pageviews"] == 2, REPORT_SECONDS)
    if reported(patient)["visitors"] != 1:
        return failed(
            "a forged X-Forwarded-For makes another visitor",
            f"name in {PREFIX}TRUSTED_PROXIES your proxies alone, and let them overwrite the header",
        )
    return passed("the visitor's own address arrives, and a forged one changes nothing")


def opt_out(patient: Patient) -> Finding:
    answer = decline(patient.door)
    cookie = next((line for line in answer.cookies() if line.startswith("footfall_optout=1")), "")
    if answer.status != 303 or not cookie:
        return failed(
            f"“stop measuring me” answers {answer.status} and sets no cookie",
            "let the proxy pass POST /privacy/choice and its Set-Cookie on",
        )
    refused = reason_of(send(patient.door, patient.site, "/no", {"Cookie": cookie.partition(";")[0]}))
    if refused != "optout":
        return failed("the opt-out cookie does not arrive with events", "let the proxy pass Cookie on to /e")
    return passed("one plain POST declines, and the very next event is refused")


def at_home(settings: Settings) -> Sayings:
    """Look at this machine."""
    yield "geography", geography(settings)
    yield "disk", disk(settings)


def geography(settings: Settings) -> Finding:
    file = settings.geo or settings.data / GEO_FILE
    if not file.exists():
        return warned("no geography file: the country is that of the browser's time zone", "footfall geo update")
    try:
        about = open_geo(file).about
    except (OSError, RuntimeError, ValueError):
        return failed(f"{file.name} cannot be read", "footfall geo update")
    days = (datetime.now(UTC) - about.built).days
    if days > OLD_GEO_DAYS:
        return warned(f"{about.type} is {days} days old", "footfall geo update")
    return passed(f"{about.type}, {days} days old, on this machine")


def disk(settings: Settings) -> Finding:
    space = space_of(settings.data if settings.data.exists() else settings.data.parent)
    told = f"{space.free / (1 << 30):.1f} GB free under {PREFIX}DATA"
    if space.is_short(Limits()):
        return failed(f"{told}: the spool accepts nothing more", "make room, or shorten retention_days")
    return passed(told)


def reported(patient: Patient) -> Mapping[str, int]:
    """Ask the report, by the stats API."""
    metrics = ["visitors", "pageviews"]
    question = {"site_id": patient.site.host, "metrics": metrics, "date_range": "day"}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {patient.key}"}
    answer = patient.door.ask("POST", "/api/v2/query", headers, msgspec.json.encode(question))
    if answer.status != 200:
        return dict.fromkeys(metrics, 0)
    rows = msgspec.json.decode(answer.body)["results"]
    return dict(zip(metrics, rows[0]["metrics"] if rows else (0, 0), strict=True))
