"""What a report asks, and what it makes of the answers: cards, figures, chart, controls, details."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import httpx
import pytest
from report_oracle import NOW, Oracle, made, scene

from clickhouse.ask.deeds import NOT_FEATURES
from clickhouse.ask.question import Condition, Did
from dashboard import url
from dashboard.details import details_page, details_question
from dashboard.panels import CARDS, KPIS, card_of, tab_of, tabs_for
from dashboard.report import card_page, report_page
from registry.site import Site

# --- what is asked


def test_all_questions_of_a_report_are_put_together() -> None:
    _, ask = made()
    assert ask.batches == 1
    assert len(ask.asked) == 3 + len(CARDS)


def test_a_card_alone_asks_two_questions() -> None:
    ask, card = Oracle(), card_of("devices")
    assert card is not None
    view = asyncio.run(card_page(scene("tab=devices.systems"), card, ask))
    assert [question.dimensions for question in ask.asked] == [(), ("os",)]
    assert [tab.name for tab in view.tabs if tab.is_open] == ["System"]


def test_filters_go_into_every_question_but_that_of_who_is_here_now() -> None:
    _, ask = made("f=is:page:/docs")
    page = Condition("is", "page", ("/docs",))
    with_page = [question for question in ask.asked if page in question.filters]
    (without,) = [question for question in ask.asked if page not in question.filters]
    assert without.period.since == NOW - timedelta(minutes=5)
    assert len(with_page) == len(ask.asked) - 1


def test_a_comparison_asks_for_one_more_time_series() -> None:
    _, ask = made("compare=previous")
    series = [question for question in ask.asked if question.dimensions == ("time:day",)]
    assert [question.period.since.date() for question in series] == [date(2026, 10, 24), date(2026, 9, 19)]


def test_features_leave_page_views_out() -> None:
    _, ask = made()
    (features,) = [question for question in ask.asked if question.dimensions == ("feature",)]
    assert features.filters == (Condition("is_not", "feature", NOT_FEATURES),)


@pytest.mark.parametrize(
    ("place", "tabs"),
    [
        ("none", ["languages"]),
        ("country", ["countries", "languages"]),
        ("region", ["countries", "regions", "languages"]),
        ("city", ["countries", "regions", "cities", "languages"]),
    ],
)
def test_a_site_has_the_place_lists_it_has_numbers_for(place: str, tabs: list[str]) -> None:
    card = card_of("places")
    assert card is not None
    assert [tab.key for tab in tabs_for(card, Site(id=1, host="a.b", place=place))] == tabs  # type: ignore[arg-type]


def test_a_site_that_tells_no_visits_apart_is_counted_in_page_views() -> None:
    ask = Oracle()
    report = asyncio.run(
        report_page(scene("metric=bounce_rate", Site(id=1, host="a.b", mode="none", place="none")), ask)
    )
    asked = {name for question in ask.asked[:1] + ask.asked[2:] for name in question.metrics}
    assert asked == {"pageviews", "events"}
    assert [kpi.key for kpi in report.kpis] == ["pageviews", "events"]
    assert report.people_now == ""
    assert not {"entry", "exit"} & {question.dimensions[0] for question in ask.asked if question.dimensions}


# --- what is shown


def test_a_row_adds_itself_as_a_filter_and_takes_itself_away() -> None:
    report, _ = made()
    row = report.cards[1].rows[1]
    assert (row.label, row.href, row.is_filter) == ("/docs", "/sites/example.com?f=is:page:/docs", False)
    again, _ = made("f=is:page:/docs")
    row = again.cards[1].rows[1]
    assert (row.href, row.is_filter) == ("/sites/example.com", True)


def test_a_feature_filters_by_visits_that_used_it() -> None:
    report, _ = made(rows=["Sign up"])
    href = report.cards[4].rows[0].href
    state = url.read(httpx.URL(href).params.multi_items())
    assert state.filters == (Did(Condition("is", "feature", ("Sign up",))),)


def test_a_row_that_stands_for_many_is_no_link() -> None:
    report, _ = made("tab=places.regions", rows=["DE-BE", "(other)"])
    assert [bool(row.href) for row in report.cards[2].rows] == [True, False]


def test_shares_are_parts_of_the_whole_period() -> None:
    report, _ = made(number=200, rows=["desktop"])
    (row,) = report.cards[3].rows
    assert [cell.text for cell in row.cells] == ["200", "100%"]


def test_the_plotted_figure_is_marked_and_the_others_plot_themselves() -> None:
    report, _ = made("metric=visits")
    assert [kpi.key for kpi in report.kpis] == list(KPIS)
    assert [kpi.key for kpi in report.kpis if kpi.is_plotted] == ["visits"]
    assert report.kpis[2].href == "/sites/example.com?metric=pageviews"


def test_hours_to_come_are_not_drawn_and_the_running_one_is_partial() -> None:
    report, _ = made("period=day")
    assert len(report.plot.rows) == 13
    assert report.plot.chart.count('class="now partial"') == 1
    assert report.kpis[0].name == "Visitors"


def test_minutes_of_a_day_are_not_offered_but_may_be_asked_for() -> None:
    report, _ = made("period=day")
    assert [choice.name for choice in report.intervals] == []
    fine, _ = made("period=day&interval=minute")
    assert [choice.name for choice in fine.intervals] == ["Minutes", "Hours"]
    assert fine.plot.chart.count('class="pt"') <= 400


def test_too_few_people_is_said_instead_of_numbers() -> None:
    report, _ = made("f=is:page:/x", fewer_than=5)
    assert report.fewer_than == 5


def test_an_empty_list_says_what_to_do_next() -> None:
    report, _ = made(rows=[])
    assert "data-footfall-event" in report.cards[4].empty
    filtered, _ = made("f=is:page:/x", rows=[])
    assert "filters" in filtered.cards[4].empty


# --- controls


def test_the_period_menu_keeps_filters_and_comparison() -> None:
    report, _ = made("f=is:page:/docs&compare=previous&interval=week")
    links = {choice.key: choice.href for choice in report.controls.spans}
    assert links["W"] == "/sites/example.com?period=7d&compare=previous&f=is:page:/docs"


def test_one_key_switches_the_comparison_on_and_off() -> None:
    off, _ = made()
    on, _ = made("compare=year")
    assert [c.href for c in off.controls.compares if c.key == "X"] == ["/sites/example.com?compare=previous"]
    assert [c.href for c in on.controls.compares if c.key == "X"] == ["/sites/example.com"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("f=is:page:/docs|/api", ("Page", "is", "/docs or /api")),
        ("f=is_not:country:DE", ("Country", "is not", "Germany")),
        ("f=is:source:", ("Source", "is", "Direct / none")),
        ("f=contains:prop:plan:pro", ("property plan", "contains", "pro")),
        ("f=did:is:feature:Sign up", ("visits with Feature", "is", "Sign up")),
        ("f=did_not:is:feature:Sign up", ("visits without Feature", "is", "Sign up")),
    ],
)
def test_a_filter_is_said_in_words_and_taken_away_by_a_click(query: str, said: tuple[str, str, str]) -> None:
    report, _ = made(query)
    (chip,) = report.controls.chips
    assert (chip.what, chip.how, chip.values) == said
    assert chip.href == "/sites/example.com"


# --- details


def test_details_search_sort_and_page_in_the_store() -> None:
    asked = details_question(scene("detail=sources&search=goo&sort=visits:asc&page=3"), tab_of("sources"))  # type: ignore[arg-type]
    assert asked.dimensions == ("source",)
    assert asked.filters == (Condition("contains", "source", ("goo",), case_sensitive=False),)
    assert (asked.order_by, asked.limit, asked.offset, asked.count_rows) == ((("visits", "asc"),), 100, 200, True)


def test_headings_sort_and_say_so() -> None:
    page = asyncio.run(details_page(scene("detail=pages&sort=visits:desc"), Oracle(total_rows=250)))
    orders = {heading.column.key: heading.order for heading in page.headings}
    assert orders["visits"] == "descending"
    links = {heading.column.key: heading.href for heading in page.headings}
    assert links["visits"].endswith("detail=pages&sort=visits:asc")
    assert links["page"].endswith("detail=pages&sort=page:asc")
    assert (page.paging, page.earlier, page.later.endswith("page=2")) == ("Page 1 of 3", "", True)


@pytest.mark.parametrize(
    ("query", "place", "opened"),
    [
        ("", "region", "Countries"),
        ("f=is:country:DE", "region", "Regions"),
        ("f=is:country:DE", "country", "Countries"),
        ("f=is:country:DE|FR", "region", "Countries"),
        ("f=is_not:country:DE", "region", "Countries"),
        ("f=is:country:DE&tab=places.countries", "region", "Countries"),
    ],
)
def test_within_one_country_its_regions_are_open(query: str, place: str, opened: str) -> None:
    site = Site(id=1, host="example.com", place=place)  # type: ignore[arg-type]
    report = asyncio.run(report_page(scene(query, site), Oracle()))
    assert [tab.name for tab in report.cards[2].tabs if tab.is_open] == [opened]
