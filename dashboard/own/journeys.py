"""Journeys: where people go from a page, or how they came to it, up to five pages in a row.

In: an Opened; the URL says of which page (`of`; none: where visits begin, or end), which way (`way`) and how far
(`steps`). Out: a Page with the streams drawn and as a table. A bar leads to the journeys of its own page. Steps that
too few people took are not there for those under a guard.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from clickhouse.ask.guard import OTHER
from clickhouse.ask.journeys import MOST_STEPS, Hop, ask_journeys
from dashboard import words
from dashboard.cards import share_of
from dashboard.charts.sankey import Flow, sankey
from dashboard.charts.svg import Markup
from dashboard.controls import Choice
from dashboard.errors import BadQuestion
from dashboard.own.opening import Opened, Page, all_time, bar, nothing_here
from dashboard.own.sheet import Sheet, column

FEWEST_STEPS = 2
USUAL_STEPS = 4


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of this page needs besides."""

    of: str
    ways: tuple[Choice, ...]
    lengths: tuple[Choice, ...]
    whole: str
    chart: Markup
    title: str
    sheet: Sheet
    hidden: tuple[tuple[str, str], ...]


async def make_page(opened: Opened) -> Page:
    of, is_back, steps = asked(opened)
    found = await opened.odd(ask_journeys, opened.scope(), of, back=is_back, steps=steps, guard=opened.guard)
    sheet = sheet_of(found.hops)
    title = title_of(of, is_back=is_back)
    body = Body(
        of=of,
        ways=way_choices(opened, of, is_back=is_back),
        lengths=tuple(
            Choice(words.exact(number), opened.link(opened.state.asking(steps=str(number))), number == steps)
            for number in range(FEWEST_STEPS, MOST_STEPS + 1)
        ),
        whole=opened.link(opened.state.asking(of="")) if of else "",
        chart=chart_of(opened, found.hops, title, is_back=is_back),
        title=title,
        sheet=sheet,
        hidden=tuple(pair for pair in opened.state_pairs if pair[0] != "of"),
    )
    return Page(
        controls=bar(opened),
        title=words.say("journeys.heading"),
        lead=words.say("journeys.lead"),
        sheets=(sheet,),
        fewer_than=found.fewer_than,
        empty=nothing_here(opened, "journeys", *next_of(opened, of))
        if not found.hops and not found.fewer_than
        else None,
        body=body,
        said=title,
    )


def next_of(opened: Opened, of: str) -> list[Choice]:
    every = [Choice(words.say("journeys.all"), opened.link(opened.state.asking(of="")))] if of else []
    return [*every, all_time(opened)]


def asked(opened: Opened) -> tuple[str, bool, int]:
    """Which page, whether looking back, how many pages in a row."""
    way, steps = opened.state.asked("way"), opened.state.asked("steps") or str(USUAL_STEPS)
    if way not in ("", "before"):
        raise BadQuestion("`way` is `before`, or is left out.")
    if steps not in {str(number) for number in range(FEWEST_STEPS, MOST_STEPS + 1)}:
        raise BadQuestion(f"`steps` is a number from {FEWEST_STEPS} to {MOST_STEPS}.")
    return opened.state.asked("of").strip(), way == "before", int(steps)


def way_choices(opened: Opened, of: str, *, is_back: bool) -> tuple[Choice, ...]:
    known = "page" if of else "visit"
    return (
        Choice(words.say(f"journeys.after_{known}"), opened.link(opened.state.asking(way="")), not is_back),
        Choice(words.say(f"journeys.before_{known}"), opened.link(opened.state.asking(way="before")), is_back),
    )


def title_of(of: str, *, is_back: bool) -> str:
    way = "before" if is_back else "after"
    return words.say(f"journeys.{way}", page=of) if of else words.say(f"journeys.{way}_any")


def name_of(page: str) -> str:
    return words.say("journeys.other") if page == OTHER else page


def chart_of(opened: Opened, hops: Sequence[Hop], title: str, *, is_back: bool) -> Markup:
    flows = [Flow(hop.step - 1, hop.here, hop.there, hop.visits) for hop in hops]
    pages = {name for hop in hops for name in (hop.here, hop.there) if name and name != OTHER}
    links = {page: opened.link(opened.state.asking(of=page)) for page in pages}

    def tell(flow: Flow) -> str:
        ends = (flow.there, flow.here) if is_back else (flow.here, flow.there)
        return "\n".join([" → ".join(map(name_of, ends)), words.count_of("journeys.visits", flow.number)])

    return sankey(
        flows, title=title, about=words.say("journeys.about"), say=name_of, tell=tell, count=words.compact, links=links,
        last=lambda name: name == OTHER, is_back=is_back,
    )  # fmt: skip


def sheet_of(hops: Sequence[Hop]) -> Sheet:
    columns = (
        column("step"),
        column("page", "text"),
        column("next", "text"),
        column("visits"),
        column("share", "percent"),
    )
    whole: dict[tuple[int, str], int] = {}
    for hop in hops:
        whole[hop.step, hop.here] = whole.get((hop.step, hop.here), 0) + hop.visits
    rows = tuple(
        (hop.step, name_of(hop.here), name_of(hop.there) or words.say("journeys.end"), hop.visits,
         share_of(hop.visits, whole[hop.step, hop.here]))
        for hop in hops
    )  # fmt: skip
    return Sheet("journeys", words.say("journeys.heading"), columns, rows)
