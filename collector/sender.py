"""Sender: what the head of a request says about who sent it, before anybody reads the body.

In: raw ASGI headers and the peer of the connection. Out: `Sender` (address, agent, origin, the visitor's signals),
from which every dialect builds its Arrivals. Memory only, like an Arrival.
Invariant: a header that came more than once is read as a list, so one `Sec-GPC: 1` among others declines, and a
doubled `Origin` matches nothing. What is malformed says nothing, except that a decline is never overlooked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec

from collector.address import Proxies
from collector.arrival import SILENT, Consent, Signals
from collector.showing import showing_of
from collector.vid import is_vid

Head = Mapping[bytes, bytes]
"""Lower-case header names to values, repeated ones joined by commas."""

OPTOUT_COOKIE = "footfall_optout"
CONSENT_COOKIE = "footfall_consent"
VID_COOKIE = "__Host-footfall_vid"
PLAIN_VID_COOKIE = "footfall_vid"
"""On plain http of this machine, where a browser keeps no `__Host-` cookie. Nowhere else: a neighbour below the same
domain could set it for us."""
MAX_AGENT = 1024
MAX_ORIGIN = 300
_OURS = frozenset((OPTOUT_COOKIE, CONSENT_COOKIE, VID_COOKIE, PLAIN_VID_COOKIE))
_SIGNAL_HEADERS = frozenset((b"sec-gpc", b"dnt", b"cookie", b"sec-purpose", b"purpose", b"x-moz"))
_HOST_END = re.compile(r"[/?#\\]")
_CONSENT = re.compile(r"1\.[^.]{0,64}\.\d{0,16}\.([gd])\.([01]?)")
_WEIGHT: Mapping[Consent, int] = {"unset": 0, "granted_gpc": 1, "granted": 2, "denied": 3}


class Sender(msgspec.Struct, frozen=True):
    """Who sent a request, as far as its head tells."""

    address: str = ""
    agent: str = ""
    origin: str | None = None
    """Host of `Origin`, or of `Referer` where there is none; None: neither; `null` stays `null`."""
    fetch_site: str = ""
    language: str = ""
    signals: Signals = SILENT


def read_head(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Collect the headers; ASGI guarantees lower-case names."""
    head = dict(headers)
    if len(head) == len(headers):
        return head
    head = {}
    for name, value in headers:
        if name in head:
            value = head[name] + (b"; " if name == b"cookie" else b",") + value
        head[name] = value
    return head


def address_of(head: Head, peer: str, proxies: Proxies) -> str:
    """Return the client's address by the rule of address.py."""
    forwarded_for = head.get(b"x-forwarded-for", b"").decode("latin-1")
    return proxies.client_of(peer, forwarded_for, head.get(b"forwarded", b"").decode("latin-1"))


def sender_of(head: Head, address: str) -> Sender:
    """Read what the head says."""
    return Sender(
        address,
        head.get(b"user-agent", b"")[:MAX_AGENT].decode("utf-8", "replace"),
        _origin(head),
        head.get(b"sec-fetch-site", b"")[:16].decode("latin-1"),
        first_language(head.get(b"accept-language", b"")[:64]),
        signals_of(head),
    )


def _origin(head: Head) -> str | None:
    origin = head.get(b"origin")
    if origin:
        return origin_host(origin[:MAX_ORIGIN])
    referrer = head.get(b"referer")
    return None if referrer is None else host_of(referrer.decode("latin-1"))


@lru_cache(1024)
def origin_host(origin: bytes) -> str:
    """Return the host of an `Origin` header; remembered, since a site's pages all send the same one."""
    return host_of(origin.decode("latin-1"))


def signals_of(head: Head) -> Signals:
    """Read the visitor's say from headers and cookies."""
    if _SIGNAL_HEADERS.isdisjoint(head):
        return SILENT
    cookies = cookies_of(head)
    return Signals(
        optout_cookie=any(value not in ("", "0") for value in cookies.get(OPTOUT_COOKIE, ())),
        gpc=_has(head, b"sec-gpc", b"1"),
        dnt=_has(head, b"dnt", b"1") or _has(head, b"dnt", b"yes"),
        consent=max(
            (_consent(value) for value in cookies.get(CONSENT_COOKIE, ())), key=_WEIGHT.__getitem__, default="unset"
        ),
        vid_cookie=next((value for value in _vids(head, cookies) if is_vid(value)), ""),
        showing=_showing(head),
        prefetch=any(_is_prefetch(head.get(name, b"")) for name in (b"sec-purpose", b"purpose", b"x-moz")),
    )


def cookies_of(head: Head) -> dict[str, list[str]]:
    """Return our own cookies; anybody else's are not even kept in a variable."""
    found: dict[str, list[str]] = {}
    raw = head.get(b"cookie", b"")
    if b"footfall_" in raw:
        for pair in raw.decode("latin-1").split(";"):
            name, _, value = pair.strip().partition("=")
            if name in _OURS:
                found.setdefault(name, []).append(value[:256])
    return found


def is_on_loopback(head: Head) -> bool:
    """Say whether the browser asked for a host that is this very machine."""
    host = host_of(head.get(b"host", b"").decode("latin-1"))
    return host == "localhost" or host.endswith(".localhost") or host == "::1" or host.startswith("127.")


def host_of(address: str) -> str:
    """Return the host of an origin or URL: lower case, no port, no brackets; `null` stays `null`."""
    _, mark, rest = address.partition("://")
    host = _HOST_END.split(rest if mark else address, maxsplit=1)[0].rpartition("@")[2].lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


@lru_cache(1024)
def first_language(accepted: bytes) -> str:
    """Return the first tag of `Accept-Language`, as `de-AT`, or nothing; remembered, there are few."""
    tag = re.split("[,;]", accepted.decode("latin-1"), maxsplit=1)[0].strip()
    return tag if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", tag) else ""


def _has(head: Head, name: bytes, value: bytes) -> bool:
    return name in head and any(part.strip() == value for part in head[name].split(b","))


def _vids(head: Head, cookies: Mapping[str, list[str]]) -> list[str]:
    plain = cookies.get(PLAIN_VID_COOKIE, [])
    return [*cookies.get(VID_COOKIE, []), *(plain if plain and is_on_loopback(head) else [])]


def _showing(head: Head) -> str:
    found = showing_of(head, secure=True)
    return found or (showing_of(head, secure=False) if is_on_loopback(head) else "")


def _is_prefetch(value: bytes) -> bool:
    lower = value.lower()
    return b"prefetch" in lower or b"prerender" in lower or b"preview" in lower


def _consent(value: str) -> Consent:
    found = _CONSENT.fullmatch(value)
    if not found:
        return "unset"
    if found.group(1) == "d":
        return "denied"
    return "granted_gpc" if found.group(2) == "1" else "granted"
