"""Odd questions say what a plain count over the same rows says, under every filter and guard."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from odd_oracle import OddOracle
from shelf import Shelf
from store_world import NOON, days, event, keep, only, some_events

from clickhouse.ask import Did, Period, QuestionError
from clickhouse.ask.deeds import ask_features, ask_goals, ask_last_used, ask_properties
from clickhouse.ask.funnels import ask_funnel
from clickhouse.ask.guard import OTHER, Guard
from clickhouse.ask.journeys import NAMED, ask_journeys
from clickhouse.ask.odd import Scope
from clickhouse.ask.returning import MOST_VISITS, ask_returning
from clickhouse.ask.timing import VITALS, ask_hours, ask_readings, ask_vitals
from clickhouse.client import Store
from clickhouse.keep import Keep
from clickhouse.rows import Event, PlacedEvent

ZONE = "Europe/Berlin"
MARCH = days("2026-03-01", "2026-04-01", ZONE)
K = Guard.for_people(5)
World = Callable[..., tuple[Store, OddOracle]]


def scope(*filters: Any, period: Period = MARCH, zone: str = ZONE) -> Scope:
    return Scope(site_id=1, timezone=zone, period=period, filters=filters)


def fill(store: Store, seed: int, visits: int) -> list[PlacedEvent]:
    """Random visits with money in two currencies, vitals, and visitors who agreed to be known again."""
    dice = random.Random(seed)
    events = []
    for one in some_events(seed, visits=visits):
        paid = {"currency": dice.choice(["EUR", "USD"])} if one.revenue else {}
        events.append(msgspec.structs.replace(one, **paid))
    for number in range(visits):
        props = {row.name: str(dice.randrange(1, 6000)) for row in VITALS if dice.random() < 0.8} | {"junk": "x"}
        events.append(event("Web Vitals", dice.choice(["/", "/a"]), t=dice.randrange(200_000), visitor=number % 40,
                            interactive=False, props=props))  # fmt: skip
    for _ in range(visits):
        who, week = 10_000 + dice.randrange(12), dice.randrange(-2, 4)
        events.append(event(t=week * 604_800 + dice.randrange(400_000), visitor=who, consented=True))
    return keep(store, events, timezone=ZONE)


@pytest.fixture(scope="module")
def world(shelf: Shelf[Store]) -> Iterator[World]:
    """Random worlds, each made once: these tests only ask. What a store keeps of answers is not handed on."""
    with ExitStack() as stack:

        @cache
        def made(seed: int, visits: int) -> tuple[Store, OddOracle]:
            store = stack.enter_context(shelf.lend())
            return store, OddOracle(fill(store, seed, visits), 1, MARCH, ZONE)

        def known(seed: int, visits: int = 90) -> tuple[Store, OddOracle]:
            store, oracle = made(seed, visits)
            store.keep = Keep()
            return store, oracle

        yield known


def is_page(path: str) -> Any:
    return lambda one: one.name == "pageview" and one.path == path


def is_feature(name: str) -> Any:
    return lambda one: one.name == name


def page_step(path: str) -> Any:
    return only("page", path)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("page", "back"), [("", False), ("", True), ("/a", False), ("/a", True), ("/nowhere", False)])
def test_journeys_are_what_a_walk_through_the_rows_says(world: World, seed: int, page: str, back: bool) -> None:
    store, oracle = world(seed)
    for steps in (2, 4, 5):
        told = ask_journeys(store, scope(), page, back=back, steps=steps).hops
        expected = oracle.hops(page, back=back, steps=steps, named=NAMED, other=OTHER)
        assert {(hop.step, hop.here, hop.there): hop.visits for hop in told} == expected


def test_pages_beyond_the_best_are_one_in_every_step(store: Store) -> None:
    paths = [f"/{letter}" for letter in "abcdefghij"]
    events = [event(path=path, t=number * 60, visitor=visitor) for visitor in range(1, 40)
              for number, path in enumerate(random.Random(visitor).sample(paths, 5))]  # fmt: skip
    rows = keep(store, events, timezone=ZONE)
    oracle = OddOracle(rows, 1, MARCH, ZONE)
    told = ask_journeys(store, scope(), steps=5).hops
    assert {(hop.step, hop.here, hop.there): hop.visits for hop in told} == oracle.hops(
        "", back=False, steps=5, named=NAMED, other=OTHER
    )
    assert {hop.here for hop in told if hop.step == 1} & {OTHER}
    for step, following in pairwise(range(1, 5)):
        into = sum(hop.visits for hop in told if hop.step == step and hop.there)
        assert into == sum(hop.visits for hop in told if hop.step == following)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("by_day", [False, True])
def test_a_funnel_is_what_a_walk_through_the_rows_says(world: World, seed: int, by_day: bool) -> None:
    store, oracle = world(seed)
    for first, second, third in (("/", "/a", "/b/c"), ("/a", "/a", "/a"), ("/pricing", "/", "/")):
        steps = [page_step(first), page_step(second), only("feature", "Signup"), page_step(third)]
        plain = [lambda one, path=path: one.path == path for path in (first, second)]
        plain += [is_feature("Signup"), lambda one, path=third: one.path == path]
        told = ask_funnel(store, scope(), steps, by_day=by_day)
        assert (list(told.runs), list(told.visitors)) == oracle.funnel(plain, by_day=by_day)


def test_one_event_is_one_step_only_and_order_counts(store: Store) -> None:
    keep(store, [event(path="/a", visitor=1), event(path="/b", t=9, visitor=1), event(path="/b", visitor=2),
                 event(path="/a", t=9, visitor=2), event(path="/a", visitor=3)], timezone=ZONE)  # fmt: skip
    assert ask_funnel(store, scope(), [page_step("/a"), page_step("/b")]).runs == (3, 1)
    assert ask_funnel(store, scope(), [page_step("/a"), page_step("/a")]).runs == (3, 0)


@pytest.mark.parametrize("steps", [1, 9])
def test_a_funnel_has_two_to_eight_steps(store: Store, steps: int) -> None:
    with pytest.raises(QuestionError):
        ask_funnel(store, scope(), [page_step("/a")] * steps)


@pytest.mark.parametrize("seed", range(4))
def test_features_goals_and_money_are_what_the_rows_say(world: World, seed: int) -> None:
    store, oracle = world(seed)
    told = {row.name: (row.uses, row.visits, row.people, dict(row.by_day)) for row in ask_features(store, scope()).rows}
    used = {row.event.name for row in oracle.kept()} - {"pageview", "Web Vitals"}
    assert told == {name: oracle.deeds(is_feature(name))[:4] for name in used}
    goals = ask_goals(store, scope(), [page_step("/a"), only("feature", "Signup"), only("feature", "No")])
    fits = [lambda one: one.path == "/a", is_feature("Signup"), is_feature("No")]
    assert [(one.times, one.visits, one.people, dict(one.by_day), dict(one.revenue)) for one in goals if one] == [
        oracle.deeds(fit) for fit in fits
    ]


def test_properties_are_counted_by_key_and_value(store: Store) -> None:
    uses = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "z")]
    keep(store, [event("Use", t=nth, visitor=nth + 1, props={key: value}) for nth, (key, value) in enumerate(uses)])
    told = ask_properties(store, scope(), "Use")
    assert [(one.key, one.uses, [(row.name, row.uses) for row in one.values]) for one in told] == [
        ("a", 3, [("x", 2), ("y", 1)]),
        ("b", 1, [("z", 1)]),
    ]
    assert ask_properties(store, scope(), "Other") == ()


def test_the_last_use_is_found_whatever_the_period(store: Store) -> None:
    keep(store, [event("Old", t=-40 * 86_400), event("New")])
    last = ask_last_used(store, scope(), ["Old", "New", "Never"])
    assert {name: day.isoformat() for name, day in last.items()} == {"Old": "2026-01-23", "New": "2026-03-04"}


@pytest.mark.parametrize("seed", range(3))
def test_hours_and_reading_are_what_the_rows_say(world: World, seed: int) -> None:
    store, oracle = world(seed)
    hours = {
        (row.weekday, row.hour): (row.visitors, row.visits, row.pageviews) for row in ask_hours(store, scope()).rows
    }
    assert hours == oracle.hours()
    found = ask_readings(store, scope())
    told = {row.page: row for row in (*found.rows, *([found.whole] if found.whole else []))}
    expected = oracle.reading()
    assert told.keys() == expected.keys()
    for page, (visits, mean, median, depth, reached, count) in expected.items():
        row = told[page]
        assert (row.visits, row.reached, row.told_depth) == (visits, reached, count)
        assert row.seconds == pytest.approx(mean)
        assert row.median_seconds == pytest.approx(median)
        assert row.depth == (None if depth is None else pytest.approx(depth))


def test_vitals_are_rated_by_their_bounds(store: Store) -> None:
    told_by = [("/", 2500), ("/", 2501), ("/", 4000), ("/", 4001), ("/a", 100)]
    loads = [event("Web Vitals", path, visitor=nth, t=nth, interactive=False, props={"lcp": str(lcp), "cls": "0"})
             for nth, (path, lcp) in enumerate(told_by, 1)]  # fmt: skip
    keep(store, [*loads, event("Web Vitals", "/", visitor=99, t=50, props={"lcp": "fast"})])
    told = {(row.page, row.vital): row for row in ask_vitals(store, scope()).rows}
    assert told["/", "lcp"].bands == (1, 2, 1)
    assert told["/", "lcp"].p75 == pytest.approx(4000.25)
    assert (told["", "lcp"].loads, told["", "lcp"].bands) == (5, (2, 2, 1))
    assert told["/a", "cls"].bands == (1, 0, 0)
    assert ("/", "inp") not in told


@pytest.mark.parametrize("seed", range(3))
def test_returning_is_what_the_rows_say(world: World, seed: int) -> None:
    store, oracle = world(seed)
    told = ask_returning(store, scope())
    cohorts = {one.week: {later: number for later, number in enumerate(one.visitors) if number} for one in told.cohorts}
    assert cohorts == oracle.cohorts()
    assert {row.many: row.count for row in told.visits_of_day} == oracle.visits_of_day(MOST_VISITS)
    assert sum(row.count or 0 for row in told.pages_of_visit) == len(
        [1 for _, ts in oracle.starts() if oracle.in_period(ts)]
    )


FILTERS = [
    (only("country", "DE"),),
    (only("page", "/a"),),
    (only("source", "Google"), only("page", "/a")),
    (Did(only("feature", "Signup")),),
    (only("hostname", "example.com"), only("channel", "Direct")),
]


@pytest.mark.parametrize("filters", FILTERS, ids=lambda filters: filters[0].__class__.__name__)
def test_a_filter_picks_the_same_visits_that_the_grid_counts(world: World, filters: Sequence[Any]) -> None:
    from clickhouse.ask import Question, ask

    store, _ = world(7, visits=150)
    plain = Question(site_id=1, timezone=ZONE, metrics=("visits",), period=MARCH, filters=tuple(filters))
    (row,) = ask(store, plain).rows
    walks = [hop for hop in ask_journeys(store, scope(*filters)).hops if hop.step == 1]
    with_pages = msgspec.structs.replace(plain, filters=(*filters, Did(only("feature", "pageview"))))
    (paged,) = ask(store, with_pages).rows
    assert sum(hop.visits for hop in walks) == paged.metrics[0]
    told = sum(row.count or 0 for row in ask_returning(store, scope(*filters)).pages_of_visit)
    assert told == row.metrics[0]


def crowd(count: int, first: int, *paths: str) -> list[Event]:
    return [
        event(path=path, t=60 * nth, visitor=first + number)
        for number in range(count)
        for nth, path in enumerate(paths)
    ]


def test_under_a_guard_rare_ways_and_steps_are_not_told(store: Store) -> None:
    keep(store, [*crowd(20, 1, "/", "/a"), *crowd(9, 100, "/", "/b"), *crowd(2, 200, "/", "/secret", "/deep")])
    exact, guarded = (ask_journeys(store, scope(), guard=guard) for guard in (Guard.EXACT, K))
    assert "/secret" in {hop.there for hop in exact.hops}
    names = {name for hop in guarded.hops for name in (hop.here, hop.there)}
    assert "/a" in names
    assert not names & {"/secret", "/deep"}
    hidden = sum(hop.visits for hop in exact.hops if hop.step == 1) - sum(
        hop.visits for hop in guarded.hops if hop.step == 1
    )
    assert hidden >= 5
    steps = [page_step("/"), page_step("/secret")]
    assert ask_funnel(store, scope(), steps).runs == (31, 2)
    assert ask_funnel(store, scope(), steps, guard=K).runs == (31, None)
    assert ask_goals(store, scope(), steps, K)[1] is None


def test_under_a_guard_a_filter_of_few_people_is_not_answered(store: Store) -> None:
    keep(store, [*crowd(20, 1, "/"), *crowd(3, 100, "/rare")])
    few = scope(only("page", "/rare"))
    asked = [
        ask_journeys(store, few, guard=K),
        ask_funnel(store, few, [page_step("/"), page_step("/a")], guard=K),
        ask_features(store, few, K),
        ask_hours(store, few, K),
        ask_readings(store, few, K),
        ask_vitals(store, few, K),
        ask_returning(store, few, K),
    ]
    assert [one.fewer_than for one in asked] == [5] * len(asked)


def test_no_other_site_is_ever_read(store: Store) -> None:
    keep(store, [event(site_id=2, path="/theirs"), event("Theirs", site_id=2, t=1, props={"a": "b"})])
    assert ask_journeys(store, scope()).hops == ()
    assert ask_features(store, scope()).rows == ()
    assert ask_properties(store, scope(), "Theirs") == ()
    assert ask_last_used(store, scope(), ["Theirs"]) == {}
    assert ask_hours(store, scope()).rows == ()
    assert ask_readings(store, scope()).whole is None
    assert ask_returning(store, scope()).visits_of_day == ()


def test_the_clock_of_the_site_cuts_days_and_hours(store: Store) -> None:
    late = event(t=11.5 * 3600)  # 23:30 UTC on Wednesday is Thursday in Berlin
    keep(store, [late], timezone=ZONE)
    assert late.ts == NOON + 11.5 * 3_600_000
    (row,) = ask_hours(store, scope()).rows
    assert (row.weekday, row.hour) == (3, 0)
    (row,) = ask_hours(store, scope(zone="UTC", period=days("2026-03-01", "2026-04-01"))).rows
    assert (row.weekday, row.hour) == (2, 23)
