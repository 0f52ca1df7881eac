"""Statements: readable golden files, the site in every select, and no value ever in the text.

`FOOTFALL_GOLDEN=write pytest tests/clickhouse/test_store_build.py` writes the golden files anew; read the difference.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from store_world import days, event, keep, question

from clickhouse.ask import (
    DIMENSIONS,
    METRICS,
    AllOf,
    AnyOf,
    Condition,
    Did,
    Filter,
    Not,
    Question,
    QuestionError,
    ask,
    build,
)
from clickhouse.client import Store

GOLDEN = Path(__file__).parents[1] / "golden" / "sql"
ON_PAGE = Condition("is", "page", ("/pricing",))
FROM_GOOGLE = Condition("is", "source", ("Google",))
SIGNED_UP = Condition("is", "feature", ("Signup",))
BERLIN = {"timezone": "Europe/Berlin", "period": days("2026-03-01", "2026-04-01", "Europe/Berlin")}

QUESTIONS: dict[str, Question] = {
    "visits_say_rates": question("visitors", "visits", "bounce_rate", "visit_duration", "engaged_rate"),
    "visits_and_loose_events_say_page_views": question("visitors", "pageviews", "events"),
    "series_by_day_in_a_zone": question("visitors", "pageviews", dimensions=("time:day",), **BERLIN),
    "series_by_hour_reads_events": question("visitors", "bounce_rate", dimensions=("time:hour",), **BERLIN),
    "period_of_hours_reads_events": question("visitors", period=days("2026-03-04 10:00:00", "2026-03-04 12:30:00")),
    "top_pages": question("visitors", "pageviews", dimensions=("page",), limit=10, count_rows=True),
    "top_pages_with_all_three_sources": question(
        "visitors", "bounce_rate", "engaged_seconds", "scroll_depth", dimensions=("page",), limit=10
    ),
    "sources": question("visitors", "bounce_rate", dimensions=("source",)),
    "sources_of_a_page": question("visitors", "bounce_rate", dimensions=("source",), filters=(ON_PAGE,)),
    "pages_of_a_source": question("visitors", dimensions=("page",), filters=(FROM_GOOGLE,)),
    "campaigns_on_a_host": question(
        "visitors", dimensions=("utm_campaign",), filters=(Condition("is", "hostname", ("one.example.com",)),)
    ),
    "property_of_a_feature": question("events", dimensions=("prop:plan",), filters=(SIGNED_UP,)),
    "rates_of_visits_with_a_feature": question(
        "bounce_rate", filters=(SIGNED_UP, Condition("is", "prop:plan", ("pro",)))
    ),
    "filter_tree": question(
        "visitors",
        "visit_duration",
        filters=(
            AnyOf((AllOf((FROM_GOOGLE, Condition("is_not", "country", ("DE", "FR")))), Not(ON_PAGE))),
            Did(SIGNED_UP),
            Did(Condition("matches", "page", ("^/docs", "help$"), case_sensitive=False), did=False),
            Condition("contains_not", "entry", ("Blog",), case_sensitive=False),
        ),
    ),
    "scroll_by_source": question("scroll_depth", dimensions=("source",)),
}


def text_of(name: str) -> str:
    statement = build(QUESTIONS[name])
    binds = json.dumps(statement.binds, indent=1, sort_keys=True, ensure_ascii=False)
    return f"-- {name.replace('_', ' ')}\n{statement.sql}\n/* binds\n{binds}\n*/\n"


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_the_statement_that_was_read_and_agreed_to(name: str) -> None:
    file = GOLDEN / f"{name}.sql"
    if os.environ.get("FOOTFALL_GOLDEN") == "write":
        file.write_text(text_of(name))
    assert file.read_text() == text_of(name)


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.glob("*.sql")} == set(QUESTIONS)


ANY_FILTER: list[tuple[Filter, ...]] = [
    (),
    (ON_PAGE,),
    (FROM_GOOGLE,),
    (SIGNED_UP,),
    (Did(FROM_GOOGLE), Did(SIGNED_UP, did=False)),
    (AnyOf((ON_PAGE, FROM_GOOGLE, Not(SIGNED_UP))),),
]


def every_statement() -> list[str]:
    made = []
    for name in (None, "prop:plan", *DIMENSIONS):
        for metric in METRICS:
            for filters in ANY_FILTER:
                dimensions = (name,) if name else ()
                try:
                    made.append(build(question(metric, dimensions=dimensions, filters=filters)).sql)
                except QuestionError:
                    continue
    return made


def test_every_select_from_a_table_names_the_site_by_a_bind() -> None:
    made = every_statement()
    assert len(made) > 1500
    for sql in made:
        selects = re.findall(r"from (?:events|visits final)\n(.*?)(?=\bfrom (?:events|visits)\b|\Z)", sql, re.DOTALL)
        assert selects
        assert len(re.findall(r"\bfrom (?:events|visits)\b", sql)) == len(selects)
        assert sql.count("where site_id = {site:UInt32}\n") == len(selects)


def test_no_statement_holds_a_literal_that_came_from_a_question() -> None:
    odd = "qqq'qqq"
    for name in [*DIMENSIONS, f"prop:{odd}"]:
        if DIMENSIONS.get(name) is not None and DIMENSIONS[name].of == "time":
            continue
        for operator in ("is", "is_not", "contains", "contains_not", "matches", "matches_not"):
            for tree in (
                Condition(operator, name, (odd,)),
                Did(Condition(operator, name, (odd,), case_sensitive=False)),
            ):
                for metric in ("visitors", "bounce_rate", "scroll_depth"):
                    statement = build(question(metric, filters=(tree,)))
                    assert "qqq" not in statement.sql
                    assert any("qqq" in str(value) for value in statement.binds.values())


INJECTIONS = [
    "') or 1=1 --",
    "' union all select visitor_id from events --",
    "\\') or 1=1 --",
    "{site:UInt32}",
    "/pricing'; drop table events; --",
    "$$ or 1=1 $$",
    "x\x00' or ''='",
    "*/ or 1=1 /*",
    "\n or 1=1",
    "`' \"",
]


@pytest.mark.parametrize("probe", INJECTIONS)
def test_a_value_is_only_ever_a_value(any_store: Store, probe: str) -> None:
    """Every text that a question takes: values of each operator, a property's key, on every kind of row."""
    keep(any_store, [event(visitor=1), event(visitor=2, path=probe, props={probe: probe}, source=probe)])
    for name in ("page", "source", f"prop:{probe}"):
        for tree in (
            Condition("is", name, (probe,)),
            Condition("contains", name, (probe,)),
            Did(Condition("is", name, (probe,))),
        ):
            asked = question("visitors", "pageviews", filters=(tree,))
            assert ask(any_store, asked).rows[0].metrics == (1, 1)
    asked = question("visitors", dimensions=(f"prop:{probe}",))
    assert {row.dimensions[0] for row in ask(any_store, asked).rows} == {"", probe}
    for wrong in (question(probe), question("visitors", dimensions=(probe,)), question("visitors", timezone=probe)):
        with pytest.raises(QuestionError):
            ask(any_store, wrong)
    assert any_store.query("select count() from events") == [(2,)]


def test_the_same_question_is_the_same_statement() -> None:
    for name in QUESTIONS:
        assert text_of(name) == text_of(name)


def test_every_metric_and_dimension_says_what_it_is() -> None:
    for metric in METRICS.values():
        assert metric.label
        assert metric.definition.endswith(".")
        assert metric.visits or metric.events or metric.pages
    for dimension in DIMENSIONS.values():
        assert dimension.label
        assert dimension.visits or dimension.events
    assert len({metric.label for metric in METRICS.values()}) == len(METRICS)
    assert len({dimension.label for dimension in DIMENSIONS.values()}) == len(DIMENSIONS)
