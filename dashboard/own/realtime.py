"""Realtime: who is here now, the last half hour minute by minute, and what is looked at.

In: an Opened. Out: a Page whose middle part is told anew by server-sent events; without them it is asked for, without a
script a link loads the page again. Under a guard every number of fewer than k people is said as "<k", and the minutes
of so few are left out. All who watch the same site with the same filters share one set of questions a tick.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from clickhouse.ask.answer import Answer
from clickhouse.ask.question import Condition, Question
from clickhouse.rows import PAGEVIEW
from dashboard import words
from dashboard.access import person_at
from dashboard.cards import Cell, Row, rows_of
from dashboard.charts.stacked import Stack, stacked_bars
from dashboard.charts.svg import Markup
from dashboard.chips import FilterForm
from dashboard.locales import locale
from dashboard.own.opening import Opened, Page, bar, open_page
from dashboard.own.sheet import Sheet, column
from dashboard.pages import templates
from dashboard.panels import Tab, fitted
from dashboard.period import Span
from dashboard.plot import Bucket, buckets
from dashboard.report import here_now_question, said_here
from dashboard.scene import Scene, question
from dashboard.url import State

ROWS = 8
LISTS = (
    Tab("pages", "page", ("visitors",)),
    Tab("sources", "source", ("visitors",)),
    Tab("countries", "country", ("visitors",)),
    Tab("uses", "feature", ("events",), whole="events", without=(PAGEVIEW, "Web Vitals")),
)


class NowList(msgspec.Struct, frozen=True):
    """One list: a tab of the report, as it is now."""

    key: str
    title: str
    column: str
    rows: tuple[Row, ...]


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """What the middle part shows."""

    here: str
    is_nobody: bool
    """Known to be nobody; fewer than some is not."""
    about: str
    chart: Markup
    chart_title: str
    lists: tuple[NowList, ...]
    stream: str
    fragment: str
    fewer_than: int
    sheet: Sheet


def of_last_minutes(opened: Opened) -> Opened:
    """The period is this page's own; what the URL says of another is left for the other pages."""
    state = msgspec.structs.replace(opened.state, span=Span("realtime"), interval="")
    return msgspec.structs.replace(opened, scene=msgspec.structs.replace(opened.scene, state=state))


def link_of(opened: Opened, state: State) -> str:
    return opened.link(msgspec.structs.replace(state, span=Span()))


def metric_of(opened: Opened) -> str:
    """What is counted where nobody is told apart: page views."""
    return "pageviews" if opened.site.mode == "none" else "visitors"


def questions(scene: Scene, metric: str) -> list[Question]:
    period = scene.resolved.period
    tabs = [fitted(tab, scene.site) for tab in LISTS]
    return [
        msgspec.structs.replace(here_now_question(scene), filters=scene.filters),
        question(scene, (metric,), period, dimensions=("time:minute",)),
        question(scene, (metric,), period),
        *(question(scene, (tab.columns[0],), period, dimensions=(tab.dimension,), limit=ROWS,
                   filters=(*scene.filters, *without(tab))) for tab in tabs),
    ]  # fmt: skip


def without(tab: Tab) -> tuple[Condition, ...]:
    return (Condition("is_not", tab.dimension, tab.without),) if tab.without else ()


async def look(opened: Opened) -> Now:
    """Ask everything the middle part shows."""
    metric = metric_of(opened)
    here, series, total, *lists = await opened.ask(questions(opened.scene, metric))
    minutes = lay_out_minutes(opened.scene, metric, series)
    k = opened.guard.k if opened.guard.population else 1
    few = series.fewer_than or total.fewer_than or 0
    told = int((total.rows[0].metrics[0] if total.rows else 0) or 0)
    return Now(
        here=said_here(here) if opened.site.mode != "none" else words.count_of("realtime.views", told),
        is_nobody=not here.fewer_than and not any(row.metrics[0] for row in here.rows),
        about=words.say("report.fewer_rows", k=few) if few else words.count_of(f"realtime.{metric}", told),
        chart=chart_of(minutes, metric),
        chart_title=words.say("realtime.chart", metric=words.say(f"metric.{metric}_one_day" if metric == "visitors"
                                                                 else f"metric.{metric}")),
        lists=tuple(list_of(opened, fitted(tab, opened.site), answer, k)
                    for tab, answer in zip(LISTS, lists, strict=True)),
        stream=msgspec.structs.replace(opened.state, span=Span()).url(f"{opened.here}/stream"),
        fragment=link_of(opened, opened.state),
        fewer_than=few,
        sheet=sheet_of(minutes, metric),
    )  # fmt: skip


def lay_out_minutes(scene: Scene, metric: str, answer: Answer) -> Sequence[Bucket]:
    return buckets(answer, (metric,), scene.resolved.period, "minute", scene.zone, scene.now)


def chart_of(minutes: Sequence[Bucket], metric: str) -> Markup:
    stacks = [
        Stack(words.bucket(one.label, "minute"), f"{words.bucket(one.label, 'minute')}\n{number_of(one, metric)}",
              (float(one.numbers.get(metric) or 0),))
        for one in minutes
    ]  # fmt: skip
    highest = max((stack.parts[0] for stack in stacks), default=0)
    about = words.say("refused.about", count=len(stacks), highest=words.exact(int(highest)))
    title = words.say("realtime.chart", metric=words.say(f"metric.{metric}"))
    return stacked_bars(stacks, ["now-bar"], title=title, about=about, say=words.compact)


def number_of(one: Bucket, metric: str) -> str:
    return words.exact(one.numbers.get(metric))


def sheet_of(minutes: Sequence[Bucket], metric: str) -> Sheet:
    rows = tuple((words.bucket(one.label, "minute"), one.numbers.get(metric)) for one in minutes if one.has_begun)
    return Sheet("minutes", words.say("realtime.minutes"), (column("minute", "text"), column(metric)), rows)


def list_of(opened: Opened, tab: Tab, answer: Answer, k: int) -> NowList:
    rows = rows_of(answer.rows, tab, tab.columns, None, opened.state, lambda state: link_of(opened, state))
    veiled = tuple(veil(row, answered.metrics[0], k) for row, answered in zip(rows, answer.rows, strict=True))
    return NowList(tab.key, words.say(f"list.{tab.key}"), words.say(f"realtime.column_{tab.columns[0]}"), veiled)


def veil(row: Row, number: float | None, k: int) -> Row:
    """Say a number of few people as fewer than k, with a bar that does not tell either."""
    if number is None or not 0 < number < k:
        return row
    return msgspec.structs.replace(row, cells=(Cell(f"<{k}", ""),), bar=Markup(""))


async def make_page(opened: Opened) -> Page:
    opened = of_last_minutes(opened)
    now = await look(opened)
    controls = bar(opened, spans=False)
    chips = tuple(
        msgspec.structs.replace(chip, href=link_of(opened, opened.state.without(filter_)), form=timeless(chip.form))
        for chip, filter_ in zip(controls.chips, opened.state.filters, strict=True)
    )
    return Page(
        controls=msgspec.structs.replace(controls, chips=chips, new=timeless(controls.new) or controls.new, segments=(),
                                         address=link_of(opened, opened.state),
                                         clear=link_of(opened, msgspec.structs.replace(opened.state, filters=()))),
        title=words.say("realtime.heading"),
        lead=words.say("realtime.lead"),
        sheets=(now.sheet,),
        body=now,
        period=opened.scene.resolved.period,
        said=now.here,
    )  # fmt: skip


def timeless(form: FilterForm | None) -> FilterForm | None:
    """The form without the period, which is the page's own."""
    if form is None:
        return None
    return msgspec.structs.replace(form, hidden=tuple(pair for pair in form.hidden if pair[0] != "period"))


def fragment(base: str, now: Now) -> str:
    """The middle part as HTML."""
    return templates.get_template("own/now.html").render(now=now, base=base)


async def get_part(request: Request, opened: Opened) -> Response | None:
    """The middle part alone, for a script that asks for it."""
    if request.headers.get("x-fragment") != "live":
        return None
    return Response(fragment(request.scope.get("root_path", ""), await look(of_last_minutes(opened))),
                    media_type="text/html; charset=utf-8")  # fmt: skip


async def get_stream(request: Request) -> Response:
    """`GET /sites/{host}/realtime/stream`: the middle part as server-sent events."""
    opened = of_last_minutes(await open_page(request, "realtime"))
    live, base = opened.tools.live, request.scope.get("root_path", "")
    if live.is_full:
        return PlainTextResponse("Too many watch. Ask again.\n", 503, {"Retry-After": "10"})
    name = (opened.site.id, opened.scene.filters, opened.guard, locale().name)

    async def make() -> str:
        fresh = msgspec.structs.replace(opened.scene, now=opened.tools.now())
        return fragment(base, await look(msgspec.structs.replace(opened, scene=fresh)))

    async def may_look() -> bool:
        person = await person_at(request)
        return person is not None and person.may("look", opened.site)

    def stream() -> AsyncIterator[str]:
        return live.watch(name, make, may_look, request.scope.get("is_ending"))

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
