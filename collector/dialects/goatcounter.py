"""GoatCounter's dialect: `GET` or `POST /count`, with everything in the query string and nothing in the body.

In: the query string. Out: one Arrival, or why it cannot be read. The tracker says a path only; which site it belongs
to follows from the page that asked, or, where the browser hides that, from the host that was asked, as GoatCounter
itself has it. A feature (`e=true`) comes without its page: that is the page that asked, too.
`s` is checked and forgotten; `rnd` says that a script made the request.
"""

from __future__ import annotations

import re

import msgspec

from clickhouse.rows import PAGEVIEW
from collector.arrival import Arrival
from collector.dialects.foreign import Asked, Malformed, Part, arrive, located, origin_of, pairs
from collector.sender import host_of

MAX_PATH = 2048
FIRST_BOT = 150
"""From here on `b` names a trait of the page (150 PhantomJS to 153 `navigator.webdriver`)."""

_SIZES = re.compile(r"\s*(\d{1,7}(\.\d{1,10})?(\s*,\s*\d{1,7}(\.\d{1,10})?){0,2})?\s*")
_BOT = re.compile(r"[+-]?\d{1,9}")


class Said(msgspec.Struct):
    """What is read of a query string."""

    p: str = ""
    r: str = ""
    t: str = ""
    e: str = ""
    q: str = ""
    s: str = ""
    b: str = ""
    rnd: str = ""


def parse(asked: Asked) -> list[Part] | Malformed:
    """Read the query string. Never raises, whatever the bytes."""
    said = msgspec.convert(pairs(asked.query), Said)
    wrong = _why_invalid(said)
    return Malformed(wrong) if wrong else [_arrival(said, asked)]


def _why_invalid(said: Said) -> str:
    if not said.p.strip():
        return "p (the path) is required"
    if len(said.p) > MAX_PATH:
        return f"p has at most {MAX_PATH} characters"
    if not _SIZES.fullmatch(said.s):
        return "s has to be up to three numbers"
    if said.b and not _BOT.fullmatch(said.b):
        return "b has to be a number"
    return f"b is 0, or {FIRST_BOT} and more" if said.b and not (int(said.b) == 0 or int(said.b) >= FIRST_BOT) else ""


def _arrival(said: Said, asked: Asked) -> Arrival:
    is_feature = said.e.lower() in ("true", "1", "t", "on", "yes")
    host = origin_of(asked.page) or asked.host
    place = _path_of(asked.page) if is_feature else said.p
    return arrive(
        asked,
        name=said.p if is_feature else PAGEVIEW,
        url=located(_with_campaign(_rooted(place), said.q), host),
        referrer=said.r,
        title=said.t,
        transport="pixel" if asked.is_picture and not said.rnd else "js",
        webdriver=said.b != "" and int(said.b) >= FIRST_BOT,
    )


def _rooted(path: str) -> str:
    """A page's path begins with one slash, whatever a `path` callback made of it."""
    return "/" + path.strip().lstrip("/")


def _path_of(page: str) -> str:
    host = host_of(page) if "://" in page else ""
    return page.partition("://")[2].partition("/")[2] if host else ""


def _with_campaign(path: str, query: str) -> str:
    """Put `q`, the page's real query string, to the path: a canonical path lacks the campaign's tags."""
    place, _, own = path.partition("#")[0].partition("?")
    asked = query.lstrip("?")
    both = [part for part in (own, asked) if part]
    return "?".join((place, "&".join(dict.fromkeys(both)))) if both else place
