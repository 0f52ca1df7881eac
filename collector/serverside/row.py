"""Row: one event as a server tells it, the native format and five fields more, turned into an Arrival.

In: undecoded JSON, the site of the key, our clock. Out: an Arrival of the transport `server`, or the fields that are
wrong and why, in the manner of the public endpoint, which checks all the others.
Here, and only here, an address, an agent and a time are believed: a key vouches for them. What the visitor said has
to be passed on in `gpc`, `dnt` and `ck`; what is unclear about it is an error, so a "no" is never lost by a
misspelling.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec

from collector.address import canonical
from collector.arrival import Arrival, Signals
from collector.dialects.plausible import Errors, Problem, Spoken, arrivals_of
from collector.distill.host import owns
from collector.sender import MAX_AGENT, Sender
from registry.site import Site

AHEAD_MS = 10 * 60_000
"""A clock may be so much ahead of ours; the event then counts as happening now."""
DAY_MS = 86_400_000

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_YES = (True, 1, "1", "true")
_NO = (None, False, 0, "0", "false", "")


class Row(Spoken):
    """The native format, and what only the holder of a key may say."""

    ts: Any = None
    ip: Any = None
    ua: Any = None
    gpc: Any = None
    dnt: Any = None


_DECODER = msgspec.json.Decoder(Row)


def read_row(raw: bytes | msgspec.Raw, site: Site, now_ms: int) -> Arrival | Errors:
    """Read one row; `site` is the site of the key, and counted when the row names none. Never raises."""
    try:
        said = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {"request": ["Unable to parse row as a json object"]}
    if said.d is None and said.domain is None:
        said.d = site.host
    errors: Errors = {}
    moment_ms = _moment(said.ts, site, now_ms, errors)
    signals = Signals(gpc=_says_no("gpc", said.gpc, errors), dnt=_says_no("dnt", said.dnt, errors))
    sender = Sender(address=_address(said.ip, errors), agent=_agent(said.ua, errors), signals=signals)
    arrivals = arrivals_of(said, sender)
    if isinstance(arrivals, Problem):
        return arrivals.errors | errors
    if not all(arrival.site == "" or owns(site, arrival.site) for arrival in arrivals):
        errors["domain"] = ["is not the site of this key"]
    if errors:
        return errors
    return msgspec.structs.replace(arrivals[0], transport="server", happened_ms=moment_ms)


def _moment(value: Any, site: Site, now_ms: int, errors: Errors) -> int | None:
    if value is None:
        return None
    moment_ms = millisecond_of(value) if isinstance(value, str) else None
    if moment_ms is None:
        errors["ts"] = ["must be an RFC 3339 time, as 2026-01-31T09:30:00Z"]
    elif moment_ms > now_ms + AHEAD_MS:
        errors["ts"] = ["is more than 10 minutes in the future"]
    elif is_too_old(moment_ms, site, now_ms):
        errors["ts"] = [f"is older than the {site.retention_days} days that this site keeps"]
    return moment_ms


def is_too_old(moment_ms: int, site: Site, now_ms: int) -> bool:
    """Say whether an event would have to be deleted at once."""
    return moment_ms < now_ms - site.retention_days * DAY_MS


def millisecond_of(text: str) -> int | None:
    """Read an RFC 3339 time as milliseconds since 1970 UTC."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return int(datetime.fromisoformat(text.upper()).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _address(value: Any, errors: Errors) -> str:
    if value is None or value == "":
        return ""
    address = canonical(value) if isinstance(value, str) else ""
    if not address:
        errors["ip"] = ["must be an IPv4 or IPv6 address"]
    return address


def _agent(value: Any, errors: Errors) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        errors["ua"] = ["must be a string"]
        return ""
    return value[:MAX_AGENT]


def _says_no(name: str, value: Any, errors: Errors) -> bool:
    """Read a signal of the visitor's browser, however a language writes yes and no."""
    said = value.lower() if isinstance(value, str) else value
    if said not in _YES and said not in _NO:
        errors[name] = ["must be true or false"]
    return said in _YES
