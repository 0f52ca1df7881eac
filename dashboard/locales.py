"""Locales: how numbers and dates are written, and when a week begins, as the browser asks for it.

In: `Accept-Language`. Out: a Locale for everything said while one request is answered. Texts stay those of the one
catalogue; what changes is the form of a number, the order of a date, the first day of a week. A language that has no
row here is written as English is. Files for machines (CSV, JSON, the API) are the same for everyone.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Literal

import msgspec
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

MOST_ASKED = 20
"""Languages looked at; no browser asks for more."""


class Locale(msgspec.Struct, frozen=True):
    """How things are written. `group` stands between thousands, `point` before decimals, `percent` before its sign."""

    name: str
    group: str = ","
    point: str = "."
    percent: str = ""
    day: Literal["{day} {month}", "{day}. {month}", "{month} {day}"] = "{day} {month}"
    year: Literal[" {year}", ", {year}"] = " {year}"
    first_weekday: Literal[0, 6] = 0
    """0: weeks begin on Monday, 6: on Sunday."""


NARROW = "\u202f"
"""A narrow space that does not break, as French groups thousands."""
WIDE = "\u00a0"
ENGLISH = Locale("en")
_ROWS = (
    ENGLISH,
    Locale("en-us", day="{month} {day}", year=", {year}", first_weekday=6),
    Locale("en-ca", first_weekday=6),
    Locale("en-au"),
    Locale("de", ".", ",", WIDE, "{day}. {month}"),
    Locale("de-at", WIDE, ",", WIDE, "{day}. {month}"),
    Locale("de-ch", "’", ".", "", "{day}. {month}"),
    Locale("fr", NARROW, ",", NARROW),
    Locale("fr-ca", WIDE, ",", WIDE, first_weekday=6),
    Locale("fr-ch", NARROW, ",", WIDE),
    Locale("es", ".", ",", WIDE),
    Locale("es-mx", first_weekday=6),
    Locale("nl", ".", ",", ""),
    Locale("it", ".", ",", ""),
    Locale("pt", WIDE, ",", ""),
    Locale("pt-br", ".", ",", "", first_weekday=6),
)
LOCALES = {row.name: row for row in _ROWS}
_asked: ContextVar[Locale] = ContextVar("locale", default=ENGLISH)


def locale() -> Locale:
    """The locale of the request that is being answered."""
    return _asked.get()


def locale_of(accept_language: str) -> Locale:
    """Choose by what a browser asks for: the whole name counts before its language, a higher `q` before a lower."""
    wanted = sorted(map(_weighed, accept_language.lower().split(",")[:MOST_ASKED]), key=lambda pair: -pair[1])
    for tag, weight in wanted:
        found = LOCALES.get(tag) or LOCALES.get(tag.partition("-")[0])
        if found is not None and weight > 0:
            return found
    return ENGLISH


def _weighed(item: str) -> tuple[str, float]:
    tag, _, rest = item.partition(";")
    try:
        return tag.strip(), float(rest.strip().removeprefix("q=") or 1)
    except ValueError:
        return tag.strip(), 0.0


class Localized:
    """Answers each request of `app` in the locale it asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            _asked.set(locale_of(Headers(scope=scope).get("accept-language", "")))
        await self.app(scope, receive, send)
