"""Web vitals: how fast pages are for the people who visit them, and which pages are slow.

In: an Opened. Out: a Page with a card for each vital (what three in four page loads stay below, and how many were good,
fair and poor), and a row a page. Bounds are those of web.dev. Numbers come from the share of page loads that the tag is
told to measure; a vital that no browser told has no number. A band is a word before it is a colour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from clickhouse.ask.question import Condition, Period
from clickhouse.ask.timing import VITALS, Bounds, Speed, Speeds, ask_vitals
from dashboard import words
from dashboard.cards import share_of
from dashboard.charts.bands import band_bar
from dashboard.charts.svg import Markup
from dashboard.controls import Choice
from dashboard.own.opening import Opened, Page, bar, nothing_here
from dashboard.own.sheet import Sheet, SheetColumn, Value, column
from dashboard.words import Change

BANDS = ("good", "fair", "poor")
SHIFT = "cls"
THOUSANDTHS = 1000
ROWS = 100
TAG = '<script defer src="…/s.js" data-vitals="20"></script>'


class VitalCard(msgspec.Struct, frozen=True, kw_only=True):
    """One vital of all pages."""

    key: str
    name: str
    about: str
    text: str
    change: Change | None
    band: str
    band_name: str
    bar: Markup
    shares: str
    bounds: str


class VitalCell(msgspec.Struct, frozen=True):
    text: str
    band: str
    band_name: str


class PageRow(msgspec.Struct, frozen=True):
    page: str
    href: str
    loads: str
    cells: tuple[VitalCell, ...]


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of this page needs besides."""

    cards: tuple[VitalCard, ...]
    names: tuple[tuple[str, str], ...]
    rows: tuple[PageRow, ...]
    against: str


async def make_page(opened: Opened) -> Page:
    found, before = await asyncio.gather(
        opened.odd(ask_vitals, opened.scope(), opened.guard), speed_before(opened, opened.scene.resolved.compare)
    )
    then = {(row.page, row.vital): row for row in before.rows} if before else {}
    whole = {row.vital: row for row in found.rows if not row.page}
    body = Body(
        cards=tuple(card_of(bounds, whole.get(bounds.name), then.get(("", bounds.name))) for bounds in VITALS),
        names=tuple((bounds.name.upper(), words.say(f"vital.{bounds.name}")) for bounds in VITALS),
        rows=tuple(rows_of(opened, found))[:ROWS],
        against=opened.against,
    )
    return Page(
        controls=bar(opened, compares=True),
        title=words.say("vitals.heading"),
        lead=words.say("vitals.lead"),
        sheets=(sheet_of(found, then if before else None),),
        fewer_than=found.fewer_than,
        empty=nothing_here(opened, "vitals", Choice(words.say("report.quiet_tag"), opened.elsewhere("tag")), code=TAG)
        if not found.rows and not found.fewer_than
        else None,
        body=body,
        said=", ".join(f"{card.key.upper()} {card.text}" for card in body.cards),
    )


async def speed_before(opened: Opened, period: Period | None) -> Speeds | None:
    """The same of the period compared with."""
    return await opened.odd(ask_vitals, opened.scope(period), opened.guard) if period else None


def band_of(number: float, bounds: Bounds) -> str:
    return BANDS[0] if number <= bounds.good else BANDS[1] if number <= bounds.fair else BANDS[2]


def said(number: float | None, vital: str) -> str:
    """Milliseconds as people say them: 180 ms, 2.3 s; shifts without a unit: 0.08."""
    if number is None:
        return words.NOTHING
    if vital == SHIFT:
        return f"{number / THOUSANDTHS:.2f}"
    return f"{number:,.0f} ms" if number < THOUSANDTHS else f"{number / THOUSANDTHS:.1f} s"


def card_of(bounds: Bounds, row: Speed | None, before: Speed | None) -> VitalCard:
    band = band_of(row.p75, bounds) if row else "none"
    parts = row.bands if row else (0, 0, 0)
    shares = [words.percent(share_of(part, sum(parts))) for part in parts]
    return VitalCard(
        key=bounds.name,
        name=words.say(f"vital.{bounds.name}"),
        about=words.say(f"vital_about.{bounds.name}"),
        text=said(row.p75 if row else None, bounds.name),
        change=words.change(row.p75, before.p75, "seconds", up_is_good=False) if row and before else None,
        band=band,
        band_name=words.say(f"band.{band}"),
        bar=band_bar(tuple(zip((f"b-{name}" for name in BANDS), map(float, parts), strict=True))),
        shares=words.say("vitals.shares", good=shares[0], fair=shares[1], poor=shares[2]) if row else "",
        bounds=words.say("vitals.bounds", good=said(bounds.good, bounds.name), fair=said(bounds.fair, bounds.name)),
    )


def rows_of(opened: Opened, found: Speeds) -> list[PageRow]:
    """The pages, those with most loads first."""
    pages: dict[str, dict[str, Speed]] = {}
    for row in found.rows:
        if row.page:
            pages.setdefault(row.page, {})[row.vital] = row
    return [
        PageRow(
            page,
            opened.elsewhere("", opened.state.having(Condition("is", "page", (page,)))),
            words.exact(max(row.loads for row in speeds.values())),
            tuple(cell_of(bounds, speeds) for bounds in VITALS),
        )
        for page, speeds in pages.items()
    ]


def cell_of(bounds: Bounds, speeds: Mapping[str, Speed]) -> VitalCell:
    row = speeds.get(bounds.name)
    if row is None:
        return VitalCell(words.NOTHING, "none", words.say("band.none"))
    band = band_of(row.p75, bounds)
    return VitalCell(said(row.p75, bounds.name), band, words.say(f"band.{band}"))


def sheet_of(found: Speeds, then: Mapping[tuple[str, str], Speed] | None) -> Sheet:
    bands = tuple(column(f"in_{band}") for band in BANDS)
    columns: tuple[SheetColumn, ...] = (column("page", "text"), column("vital", "text"), column("loads"), column("p75"))
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (row.page or words.say("vitals.all"), row.vital, row.loads, plain(row), *row.bands) for row in found.rows
    )
    if then is not None:
        bands += (column("p75_before"),)
        olds = (then.get((row.page, row.vital)) for row in found.rows)
        rows = tuple((*row, plain(old) if old else None) for row, old in zip(rows, olds, strict=True))
    return Sheet("vitals", words.say("vitals.heading"), (*columns, *bands), rows)


def plain(row: Speed) -> float:
    """The number in the unit that the vital is known in: milliseconds, and shifts as a fraction."""
    return round(row.p75 / THOUSANDTHS, 3) if row.vital == SHIFT else row.p75
