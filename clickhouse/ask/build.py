"""Question -> statement: which rows can say each metric, one grouped select for each kind of row, joined on labels.

In: a Question. Out: a Statement: text plus typed binds, or QuestionError. Pure: no clock, no store.
Visits answer what they can, because there are few of them. Events answer where a page or a deed is asked for, where a
visit may cross the edge of a bucket or of the period, and for what visits do not hold. Engagement answers for pages.
Invariants: the site stands in every select; no value stands in the text; the same question is always the same text.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from clickhouse.ask.binds import Binds
from clickhouse.ask.dimensions import FINE, Dimension, Of, dimension_of
from clickhouse.ask.filters import ITS_VISIT, SITE, Rows, credited, leaves, read, write_all
from clickhouse.ask.metrics import METRICS, PEOPLE, VISIT_DAY, Metric
from clickhouse.ask.period import is_whole_days, period_binds, zone_of
from clickhouse.ask.question import Question, QuestionError, order_of
from clickhouse.ask.sums import SUMS
from clickhouse.ask.text import nested, select

ASKABLE = SUMS | METRICS | {PEOPLE.name: PEOPLE}
VISITS_WINDOW = (
    "visit_id >= {first_visit:UInt64}",
    "visit_id < {last_visit:UInt64}",
    "start >= {since:DateTime64(3, 'UTC')}",
    "start < {until:DateTime64(3, 'UTC')}",
)
EVENTS_WINDOW = ("ts >= {since:DateTime64(3, 'UTC')}", "ts < {until:DateTime64(3, 'UTC')}")
KIND = {
    Rows.EVENTS: ("name != 'engagement'",),
    Rows.VISITED: ("not is_loose", "name != 'engagement'"),
    Rows.PAGES: ("not is_loose", "name = 'engagement'"),
    Rows.LOOSE: ("is_loose", "name != 'engagement'"),
}
AS_VISIT = {
    "visit_id": "visit_id",
    "visitor_id": "visitor_id",
    "start": "toDateTime(ts) as start",
    "pageviews": "toUInt32(name = 'pageview') as pageviews",
    "events": "toUInt32(1) as events",
    "seconds": "toUInt32(0) as seconds",
    "engaged_ms": "toUInt64(0) as engaged_ms",
    "is_bounce": "false as is_bounce",
    "is_engaged": "false as is_engaged",
    "consented": "false as consented",
}
"""What metrics read from a visit, and what an event without identity says in its place."""


class Statement(msgspec.Struct, frozen=True):
    """What ClickHouse is sent. A row is: labels, metrics, and the number of all rows if that was asked."""

    sql: str
    binds: dict[str, object]


class Plan(msgspec.Struct, frozen=True):
    """A question with its names looked up."""

    question: Question
    metrics: tuple[Metric, ...]
    dimensions: tuple[Dimension, ...]
    asks_events: bool
    asks_pages: bool


def build(question: Question) -> Statement:
    """Return the statement that answers one period of a question (`compare` is another statement)."""
    plan = _plan(question)
    binds = Binds(
        {"site": question.site_id, "tz": question.timezone, "limit": question.limit, "offset": question.offset}
        | period_binds(question.period)
    )
    parts = [_select(plan, source.rows, source.places, binds, loose=source.loose) for source in _read_from(plan)]
    sql = _assemble(plan, parts)
    return Statement(sql, binds.used_in(sql))


class Source(msgspec.Struct, frozen=True):
    """Rows that are read for some metrics of a question."""

    rows: Rows
    places: tuple[int, ...]
    """Of the metrics that these rows say. The first source's rows carry the labels, and may say nothing else."""
    loose: bool
    """Whether events without identity are among the rows."""


def sources_of(question: Question) -> list[Source]:
    """Return which rows `build` reads. Raises QuestionError."""
    return _read_from(_plan(question))


def _read_from(plan: Plan) -> list[Source]:
    return [
        Source(rows, tuple(places), any(plan.metrics[place].counts_loose for place in places))
        for rows, places in _sources(plan).items()
    ]


def build_sums(question: Question, rows: Rows, *, loose: bool, sets: Sequence[Sequence[str]] = ()) -> Statement:
    """Return the statement that counts metrics (sums.py) on one kind of rows: labels, numbers, in no order, uncut.

    `sets` are some of the question's dimensions each: rows are grouped by each of them, in one scan, and say first by
    which (`kind_of`). Labels that a row is not grouped by are made up.
    """
    plan = _plan(question)
    known = {"site": question.site_id, "tz": question.timezone, "limit": question.limit}
    binds = Binds(known | period_binds(question.period))
    part = _select(plan, rows, range(len(plan.metrics)), binds, loose=loose, sets=sets)
    labels = [f"toString(d{place}) as l{place}" for place in range(len(plan.dimensions))]
    numbers = [f"toInt64(ifNull(m{place}, 0)) as s{place}" for place in range(len(plan.metrics))]
    columns = [*(["kind"] if sets else []), *labels, *numbers]
    cut = "limit {limit:UInt64} by kind" if sets else "limit {limit:UInt64}"
    sql = f"{select(columns, nested(part))}\n{cut}\nsettings join_use_nulls = 1"
    return Statement(sql, binds.used_in(sql))


def kind_of(dimensions: Sequence[str], group: Sequence[str]) -> int:
    """Return what `grouping` says of a row that is grouped by these of the dimensions: a bit for each of the others."""
    return int("".join("0" if name in group else "1" for name in dimensions) or "0", 2)


def _plan(question: Question) -> Plan:
    zone_of(question.timezone)
    dimensions = tuple(dimension_of(name) for name in question.dimensions)
    for name in question.metrics:
        if name not in ASKABLE:
            raise QuestionError(f"there is no metric {name!r}", name)
    if not question.metrics:
        raise QuestionError("a question needs a metric")
    if question.period.since >= question.period.until:
        raise QuestionError("the period ends before it begins")
    if question.limit < 1 or question.offset < 0:
        raise QuestionError("a page has at least one row and begins at row 0 or later")
    for name in question.dimensions:
        if question.dimensions.count(name) > 1:
            raise QuestionError(f"{name} is asked for twice", name)
    asked = [dimension_of(leaf.dimension) for tree in question.filters for leaf in leaves(tree)]
    traits = {dimension.of for dimension in (*dimensions, *asked)}
    if any(dimension.credits for dimension in (*dimensions, *asked)):
        question = replace(question, filters=tuple(credited(tree) for tree in question.filters))
    return Plan(
        question=question,
        metrics=tuple(ASKABLE[name] for name in question.metrics),
        dimensions=dimensions,
        asks_pages=Of.PAGE in traits,
        asks_events=bool(traits & {Of.PAGE, Of.DEED})
        or bool(FINE & set(question.dimensions))
        or not is_whole_days(question.period, question.timezone),
    )


def _sources(plan: Plan) -> dict[Rows, list[int]]:
    """Return which rows are read, and for which metrics (by place). The first carries the labels."""
    chosen: dict[Rows, list[int]] = {}
    for place, metric in enumerate(plan.metrics):
        rows = _rows_for(metric, plan)
        deeds = [dimension for dimension in plan.dimensions if dimension.of is Of.DEED]
        if deeds and rows is not Rows.EVENTS:
            raise QuestionError(f"{metric.name} cannot be asked by {deeds[0].name}", metric.name)
        chosen.setdefault(rows, []).append(place)
    if len(chosen) > 1 and plan.asks_events and plan.dimensions:
        chosen.setdefault(Rows.EVENTS, [])
    return {rows: chosen[rows] for rows in (Rows.EVENTS, Rows.VISITS, Rows.PAGES) if rows in chosen}


def _rows_for(metric: Metric, plan: Plan) -> Rows:
    if metric.visits and metric.events:
        return Rows.EVENTS if plan.asks_events else Rows.VISITS
    if metric.pages and (plan.asks_pages or not metric.visits):
        return Rows.PAGES
    return Rows.VISITS if metric.visits else Rows.EVENTS


def _select(
    plan: Plan, rows: Rows, places: Sequence[int], binds: Binds, *, loose: bool, sets: Sequence[Sequence[str]] = ()
) -> str:
    labels = [f"d{place}" for place in range(len(plan.dimensions))]
    group, kind = _grouped(plan, labels, sets)
    numbers = [f"{_expression(plan.metrics[place], rows)} as m{place}" for place in places]
    if rows is Rows.EVENTS and not loose:
        rows = Rows.VISITED
    named = _named(plan, rows, binds)
    if rows in (Rows.EVENTS, Rows.VISITED):
        return _from_events(plan, rows, [*kind, *named, *numbers], group, binds)
    if rows is Rows.PAGES:
        reported = ["max(if(scroll <= 100, scroll, null)) as deepest", "sum(events.engaged_ms) as engaged_ms"]
        keys = ["hostname", "path"]
        columns = [*named, *keys, f"{VISIT_DAY} as visit_day", *reported]
        pages = _from_events(plan, rows, columns, [*labels, *keys, "visit_day"], binds)
        return select([*kind, *labels, *numbers], nested(pages), group=group)
    if loose:
        return select([*kind, *labels, *numbers], nested(_visits_and_loose(plan, named, binds)), group=group)
    return _from_visits(plan, [*kind, *named, *numbers], group, binds)


def _grouped(plan: Plan, labels: Sequence[str], sets: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Return what to group by, and the column that says by which set a row is grouped, where there are several."""
    if not sets:
        return list(labels), []
    names = plan.question.dimensions
    written = [f"({', '.join(labels[names.index(name)] for name in group)})" for group in sets]
    return [f"grouping sets ({', '.join(written)})"], [f"grouping({', '.join(labels)}) as kind"]


def _expression(metric: Metric, rows: Rows) -> str:
    return {Rows.VISITS: metric.visits, Rows.EVENTS: metric.events, Rows.PAGES: metric.pages}[rows]


def _named(plan: Plan, rows: Rows, binds: Binds) -> list[str]:
    """Return the labels as such a row says them; a row of events asks its visit for the visit's traits."""
    named = []
    for place, dimension in enumerate(plan.dimensions):
        text = read(dimension, rows, binds)
        if dimension.of is Of.VISIT and rows in (Rows.EVENTS, Rows.VISITED, Rows.PAGES):
            its = f"ifNull(visit_{dimension.visits}, '')"
            text = f"if(visit_id = 0, {text}, {its})" if rows is Rows.EVENTS else its
        named.append(f"{text} as d{place}")
    return named


def _from_visits(plan: Plan, columns: Sequence[str], group: Sequence[str], binds: Binds) -> str:
    conditions = write_all(plan.question.filters, Rows.VISITS, binds)
    return select(columns, "visits final", where=[SITE, *VISITS_WINDOW, *conditions], group=group)


def _visits_and_loose(plan: Plan, named: Sequence[str], binds: Binds) -> str:
    """Put the events that have no visit beside the visits, each as a row that counts for what it is."""
    visits = _from_visits(plan, [*named, *AS_VISIT], [], binds)
    conditions = [*KIND[Rows.LOOSE], *write_all(plan.question.filters, Rows.LOOSE, binds)]
    columns = [*_named(plan, Rows.LOOSE, binds), *AS_VISIT.values()]
    loose = select(columns, "events", where=[SITE, *EVENTS_WINDOW, *conditions])
    return f"{visits}\nunion all\n{loose}"


def _from_events(plan: Plan, rows: Rows, columns: Sequence[str], group: Sequence[str], binds: Binds) -> str:
    only = [dimension.only for dimension in plan.dimensions if dimension.only]
    conditions = [SITE, *EVENTS_WINDOW, *KIND[rows], *only, *write_all(plan.question.filters, rows, binds)]
    return select(columns, "events", join=_their_visits(plan.dimensions), where=conditions, group=group)


def _their_visits(dimensions: Sequence[Dimension]) -> str:
    traits = [dimension.visits for dimension in dimensions if dimension.of is Of.VISIT]
    if not traits:
        return ""
    columns = ["visit_id as visit_visit_id", *(f"{trait} as visit_{trait}" for trait in traits)]
    visits = select(columns, "visits final", where=[SITE, *ITS_VISIT])
    return f"left any join {nested(visits)} as its_visit on events.visit_id = its_visit.visit_visit_id"


def _assemble(plan: Plan, parts: Sequence[str]) -> str:
    labels = [f"d{place}" for place in range(len(plan.dimensions))]
    columns = [f"toString({label}) as l{place}" for place, label in enumerate(labels)]
    columns += [f"{_number(place, metric, len(parts) > 1)} as n{place}" for place, metric in enumerate(plan.metrics)]
    if plan.question.count_rows:
        columns.append("count() over () as total_rows")
    joins = [
        f"{'left' if labels else 'cross'} join {nested(part)} as p{place}"
        + (f" using ({', '.join(labels)})" if labels else "")
        for place, part in enumerate(parts[1:], 1)
    ]
    clauses = [select(columns, f"{nested(parts[0])} as p0", join="\n".join(joins))]
    order = _order(plan)
    if labels:
        clauses.append(f"order by {', '.join(order)}")
    clauses.append("limit {limit:UInt64} offset {offset:UInt64}")
    clauses.append("settings join_use_nulls = 1")
    return "\n".join(clauses)


def _number(place: int, metric: Metric, is_joined: bool) -> str:
    """Round as the metric is shown; a group that one of several sources does not know has none of what adds up."""
    number = f"ifNull(m{place}, 0)" if is_joined and metric.adds_up else f"m{place}"
    return f"round({number}, {metric.decimals})"


def _order(plan: Plan) -> list[str]:
    question = plan.question
    known = {name: f"d{place}" for place, name in enumerate(question.dimensions)}
    known |= {name: f"n{place}" for place, name in enumerate(question.metrics)}
    asked = list(order_of(question))
    for name, _ in asked:
        if name not in known:
            raise QuestionError(f"cannot order by {name!r}: it is not asked for", name)
    asked += [(name, "asc") for name in question.dimensions if name not in dict(asked)]
    return [f"{known[name]} {'desc' if way == 'desc' else 'asc'} nulls last" for name, way in asked]
