"""URL <-> state, both ways; whatever a URL says is a value, a sentence, or left alone."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickhouse.ask.dimensions import DIMENSIONS
from clickhouse.ask.metrics import METRICS
from clickhouse.ask.question import Condition, Did
from dashboard.errors import BadQuestion
from dashboard.filters import OPERATORS, is_dimension, read_filter, write_filter
from dashboard.period import SPANS, Comparison, Span
from dashboard.url import INTERVALS, State, read, with_changes

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufffd"), max_size=30)
NAMES = sorted(filter(is_dimension, DIMENSIONS))
CONDITIONS = st.builds(
    Condition,
    st.sampled_from(OPERATORS),
    st.one_of(st.sampled_from(NAMES), TEXT.filter(bool).map(lambda key: f"prop:{key}")),
    st.lists(TEXT, min_size=1, max_size=4).map(tuple),
    st.booleans(),
)
FILTERS = st.one_of(CONDITIONS, st.builds(Did, CONDITIONS, st.booleans()))
DAYS = st.dates(date(1971, 1, 2), date(2190, 1, 1))
RANGES = st.tuples(DAYS, DAYS).map(sorted).filter(lambda pair: (pair[1] - pair[0]).days < 3660)
WORDS = st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True)
SPAN_VALUES = st.one_of(
    st.sampled_from([row.name for row in SPANS if row.name != "custom"]).map(Span),
    st.builds(Span, st.sampled_from(["day", "month", "year"]), DAYS),
    RANGES.map(lambda pair: Span("custom", *pair)),
)
COMPARISONS = st.one_of(
    st.just(Comparison()),
    st.builds(Comparison, st.sampled_from(["previous", "year"]), st.booleans()),
    RANGES.map(lambda pair: Comparison("custom", True, *pair)),
)
STATES = st.builds(
    State,
    span=SPAN_VALUES,
    compare=COMPARISONS,
    filters=st.lists(FILTERS, max_size=4, unique=True).map(tuple),
    metric=st.sampled_from(["", *METRICS]),
    interval=st.sampled_from(["", *INTERVALS]),
    tabs=st.dictionaries(WORDS, WORDS, max_size=3).map(lambda tabs: tuple(tabs.items())),
    detail=st.one_of(st.just(""), WORDS),
    search=TEXT,
    sort=st.one_of(st.none(), st.tuples(st.sampled_from([*METRICS, *NAMES]), st.sampled_from(["asc", "desc"]))),
    page=st.integers(1, 10_000),
)


def state_of(query: str) -> State:
    return read(parse_qsl(query, keep_blank_values=True))


@given(STATES)
def test_what_is_written_reads_back_the_same(state: State):
    assert state_of(state.query()) == state


@given(STATES)
def test_a_state_has_one_query_string(state: State):
    assert state_of(state.query()).query() == state.query()


@given(FILTERS)
def test_a_filter_reads_back_the_same(filter_):
    assert read_filter(write_filter(filter_)) == filter_


@given(st.lists(st.tuples(st.sampled_from([
    "period", "from", "to", "date", "compare", "compare_from", "compare_to", "match", "f", "metric", "interval", "tab",
    "detail", "search", "sort", "page", "else"]), st.text(max_size=40)), max_size=6))  # fmt: skip
def test_any_parameters_are_a_state_or_a_sentence(pairs: list[tuple[str, str]]):
    try:
        state = read(pairs)
    except BadQuestion:
        return
    assert state_of(state.query()) == state


def test_nothing_said_is_the_last_30_days():
    assert state_of("") == State()
    assert State().query() == ""
    assert State().span.name == "30d"


def test_a_query_string_is_readable():
    state = State(span=Span("7d"), filters=(Condition("is", "page", ("/pricing", "/docs")),))
    assert state.query() == "period=7d&f=is:page:/pricing%7C/docs"


@pytest.mark.parametrize(
    ("text", "filter_"),
    [
        ("is:page:/pricing|/docs", Condition("is", "page", ("/pricing", "/docs"))),
        (r"is:page:/a\|b", Condition("is", "page", ("/a|b",))),
        ("is:page:/a:b", Condition("is", "page", ("/a:b",))),
        ("contains-i:source:goo", Condition("contains", "source", ("goo",), case_sensitive=False)),
        ("is:prop:plan:gold", Condition("is", "prop:plan", ("gold",))),
        (r"is:prop:a\:b:c", Condition("is", "prop:a:b", ("c",))),
        ("is_not:utm_source:", Condition("is_not", "utm_source", ("",))),
        ("matches:page:^/a(b|c)$", Condition("matches", "page", ("^/a(b", "c)$"))),
        (r"matches:page:^/a(b\|c)$", Condition("matches", "page", ("^/a(b|c)$",))),
        ("did:is:feature:Signup", Did(Condition("is", "feature", ("Signup",)))),
        ("did_not:is:page:/a", Did(Condition("is", "page", ("/a",)), did=False)),
    ],
)
def test_filters_as_text(text: str, filter_: object):
    assert read_filter(text) == filter_


@pytest.mark.parametrize(
    "query",
    [
        "period=nonsense", "period=custom", "from=2026-01-01", "to=2026-01-01", "from=2026-01-02&to=2026-01-01",
        "from=2026-13-01&to=2026-13-02", "from=20260101&to=20260102", "period=7d&from=2026-01-01&to=2026-01-02",
        "from=0001-01-01&to=0001-01-02", "from=1999-01-01&to=2030-01-01", "from=٢٠٢٦-01-01&to=2026-01-02",
        "compare=maybe", "compare=custom", "compare_from=2026-01-01", "match=always", "f=", "f=is", "f=is:page",
        "f=like:page:/a", "f=is:nothing:a", "f=is:time:day:a", "f=is:prop::a", "f=did:did:is:page:/a", "f=is:page:%00",
        "metric=nothing", "interval=second", "sort=visitors", "sort=visitors:up", "sort=nothing:asc", "page=0",
        "page=-1", "page=1.5", "page=99999", "page=%D9%A1", "detail=..%2Fetc", "tab=A.B", "date=x&period=day",
        "search=%00",
    ],
)  # fmt: skip
def test_what_makes_no_sense_gets_a_sentence(query: str):
    with pytest.raises(BadQuestion) as caught:
        state_of(query)
    assert len(str(caught.value)) > 15


def test_too_much_gets_a_sentence():
    with pytest.raises(BadQuestion):
        state_of("&".join(f"f=is:page:/{n}" for n in range(21)))
    with pytest.raises(BadQuestion):
        state_of("f=is:page:" + "|".join(map(str, range(101))))
    with pytest.raises(BadQuestion):
        state_of("f=is:page:" + "x" * 2001)


def test_unknown_parameters_are_left_alone():
    assert state_of("fbclid=abc&ref=mail") == State()


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        ("fd=page&fo=contains&fv=doc|s", (Condition("contains", "page", ("doc|s",)),)),
        (r"fd=page&fo=is&fv=a\b:c", (Condition("is", "page", (r"a\b:c",)),)),
        ("f=is:page:/a&fd=country&fo=is_not&fv=DE",
         (Condition("is", "page", ("/a",)), Condition("is_not", "country", ("DE",)))),
        ("f=is:page:/a&fd=page&fo=is&fv=/a", (Condition("is", "page", ("/a",)),)),
        ("fd=page&fo=is&fv=", ()),
        ("fo=is&fv=/a", ()),
    ],
)  # fmt: skip
def test_the_form_of_a_filter_needs_no_script(query: str, filters: tuple[object, ...]):
    state = read(parse_qsl(query, keep_blank_values=True))
    assert state.filters == filters
    assert "fd=" not in state.query()


@pytest.mark.parametrize("query", ["fd=page&fo=like&fv=x", "fd=nothing&fo=is&fv=x", "fd=page&fv=x"])
def test_a_form_that_makes_no_sense_gets_a_sentence(query: str):
    with pytest.raises(BadQuestion):
        read(parse_qsl(query))


def test_a_filter_is_added_once_and_taken_away():
    filter_ = Condition("is", "page", ("/a",))
    state = State(page=3).having(filter_)
    assert state.filters == (filter_,)
    assert state.page == 1
    assert state.having(filter_).filters == (filter_,)
    assert state.without(filter_) == State()


def test_a_change_starts_paging_over():
    assert with_changes(State(page=7), metric="visits").page == 1
    assert with_changes(State(), page=7).page == 7
