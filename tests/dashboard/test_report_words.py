"""How numbers, durations, dates and changes are said; a catalogue that neither lacks a text nor keeps a spare one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dashboard
from clickhouse.ask.dimensions import DIMENSIONS
from clickhouse.ask.ledger import Day
from clickhouse.ask.metrics import METRICS
from dashboard import words
from dashboard.chips import FILTER_GROUPS, OPERATORS
from dashboard.filters import PROP
from dashboard.ledger import parts_of
from dashboard.panels import CARDS, KPIS, KPIS_WITHOUT_VISITS, MORE_TABS, SETTING_GROUPS, grouped
from dashboard.period import SPANS
from dashboard.reasons import KINDS
from dashboard.ways import ways_for
from registry.presets import PRESETS
from registry.site_settings import SETTINGS

ROOM = Path(dashboard.__file__).parent
CATALOGUE = tomllib.loads((ROOM / "texts" / "en.toml").read_text("utf-8"))
TABS = [*(tab for card in CARDS for tab in card.tabs), *MORE_TABS]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "–"),
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10k"),
        (12_345, "12.3k"),
        (99_949, "99.9k"),
        (123_456, "123k"),
        (999_499, "999k"),
        (999_999, "1M"),
        (1_234_567, "1.23M"),
        (5_000_000_000, "5B"),
        (2.714, "2.7"),
        (-12_345, "-12.3k"),
    ],
)
def test_numbers_are_compact_above_ten_thousand(number: float | None, text: str) -> None:
    assert words.compact(number) == text


@given(st.integers(10_000, 10**14))
def test_a_compact_number_is_short_and_near(number: int) -> None:
    text = words.compact(number)
    size = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[text[-1]]
    assert len(text) <= 5
    assert float(text[:-1]) * size == pytest.approx(number, rel=0.006)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0, "0s"), (45.4, "45s"), (59.6, "1m 00s"), (134, "2m 14s"), (3600, "1h 00m"), (7500, "2h 05m")],
)
def test_durations_are_said_as_people_say_them(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(120, "seconds", "2m"), (90, "seconds", "1m 30s"), (7200, "seconds", "2h"), (20_000, "count", "20k")],
)
def test_an_axis_leaves_out_idle_zeros(value: float, unit: str, text: str) -> None:
    assert words.said_on_axis(value, unit) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "–"), (0, "0%"), (0.04, "<0.1%"), (4.25, "4.2%"), (9.97, "10%"), (41.2, "41%"), (100, "100%"), (5, "5%")],
)
def test_percentages_have_a_decimal_where_it_matters(number: float | None, text: str) -> None:
    assert words.percent(number) == text


@pytest.mark.parametrize(
    ("now", "before", "unit", "seen", "heard", "tone"),
    [
        (112, 100, "count", "▲ 12%", "up 12 percent", "good"),
        (88, 100, "count", "▼ 12%", "down 12 percent", "bad"),
        (0, 100, "count", "▼ 100%", "down 100 percent", "bad"),
        (100, 100, "count", " 0%", "unchanged", "even"),
        (1000, 999, "count", " 0%", "unchanged", "even"),
        (5, 0, "count", "▲ new", "new, nothing before", "good"),
        (3000, 100, "count", "▲ 30×", "up to 30 times as much", "good"),
        (44, 41, "percent", "▲ 3 pt", "up 3 percentage points", "good"),
        (3, 0, "percent", "▲ 3 pt", "up 3 percentage points", "good"),
    ],
)
def test_a_change_is_an_arrow_to_see_and_a_phrase_to_hear(
    now: float, before: float, unit: str, seen: str, heard: str, tone: str
) -> None:
    change = words.change(now, before, unit)
    assert change is not None
    assert (f"{change.arrow} {change.text}", change.phrase, change.tone) == (seen, heard, tone)


def test_fewer_bounces_are_good_news() -> None:
    change = words.change(38, 41, "percent", up_is_good=False)
    assert change is not None
    assert (change.arrow, change.tone) == ("▼", "good")


@pytest.mark.parametrize(("now", "before"), [(None, 5), (5, None), (0, 0), (None, None)])
def test_there_is_no_change_from_or_to_nothing(now: float | None, before: float | None) -> None:
    assert words.change(now, before, "count") is None


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 11, 22), date(2026, 11, 22), "Sun 22 Nov 2026"),
        (date(2026, 11, 3), date(2026, 11, 9), "3 – 9 Nov 2026"),
        (date(2026, 10, 24), date(2026, 11, 22), "24 Oct – 22 Nov 2026"),
        (date(2025, 12, 30), date(2026, 1, 5), "30 Dec 2025 – 5 Jan 2026"),
    ],
)
def test_a_run_of_days_says_each_part_once(first: date, last: date, text: str) -> None:
    assert words.days(first, last) == text


@pytest.mark.parametrize(
    ("label", "interval", "short", "full"),
    [
        ("2026-11-03 14:00:00", "hour", "14:00", "Tue 3 Nov, 14:00"),
        ("2026-11-03", "day", "3 Nov", "Tue 3 Nov 2026"),
        ("2026-11-02", "week", "2 Nov", "Week of 2 Nov"),
        ("2026-11-01", "month", "Nov 2026", "Nov 2026"),
    ],
)
def test_a_bucket_has_a_short_and_a_full_name(label: str, interval: str, short: str, full: str) -> None:
    assert (words.bucket(label, interval), words.bucket_in_full(label, interval)) == (short, full)


@pytest.mark.parametrize(
    ("dimension", "value", "text"),
    [
        ("country", "DE", "Germany"),
        ("country", "", "Unknown"),
        ("country", "ZZ", "ZZ"),
        ("device", "mobile", "Phone"),
        ("device", "fridge", "fridge"),
        ("source", "", "Direct / none"),
        ("utm_term", "", "(none)"),
        ("page", "/device.desktop", "/device.desktop"),
    ],
)
def test_codes_have_names_and_everything_else_stays_itself(dimension: str, value: str, text: str) -> None:
    assert words.value_of(dimension, value) == text


def test_how_many_has_three_forms() -> None:
    assert words.count_of("report.now", 0) == "Nobody here now"
    assert words.count_of("report.now", 1) == "1 person here now"
    assert words.count_of("details.rows", 0) == "0 rows"
    assert words.count_of("details.rows", 1234) == "1,234 rows"


# --- the catalogue


def names(part: dict[str, object], before: str = "") -> Iterator[str]:
    for key, value in part.items():
        if isinstance(value, dict) and not {"one", "many"} & value.keys():
            yield from names(value, f"{before}{key}.")
        else:
            yield before + key


def sources() -> str:
    files = [*ROOM.rglob("*.py"), *(ROOM / "templates").rglob("*.html")]
    return "\n".join(file.read_text("utf-8") for file in files)


FROM_TABLES = {
    "metric": {*KPIS, *KPIS_WITHOUT_VISITS, *(name for tab in TABS for name in tab.details)},
    "dimension": {
        *(name for _, names in FILTER_GROUPS for name in names if name != PROP),
        *(tab.dimension for tab in TABS),
    },
    "card": {card.key for card in CARDS},
    "tab": {tab.key for card in CARDS for tab in card.tabs if not tab.under},
    "kind": {key for card in CARDS for tab in card.tabs if tab.under for key in (tab.key, tab.under)},
    "way": {
        f"{way.key}.{text}"
        for way in ways_for("a.example", "https://a.example/_f", "http://127.0.0.1:8000")
        for text in ("name", "lead")
    },
    "mark": {"collector", "snippet", "event"},
    "mark_state": {"done", "waiting", "failed", "unknown"},
    "filter_group": {name for name, _ in FILTER_GROUPS},
    "list": {tab.key for tab in TABS},
    "span": {row.name for row in SPANS},
    "operator": set(OPERATORS),
    "setting": set(SETTINGS),
    "preset": set(PRESETS),
    "group": {*(name for name, _ in SETTING_GROUPS), "more"},
    "refusal": set(KINDS),
    "reason": {f"{reason}.{text}" for kind in KINDS.values() for reason in kind for text in ("name", "means", "todo")},
    "part": set(parts_of(Day(day=date(2026, 1, 1)), 0)),
    "part_about": set(parts_of(Day(day=date(2026, 1, 1)), 0)),
}
"""Sections whose names are those of a table."""
LOOKED_UP = {"column", "nothing", "empty", "device", "error", "by", "interval", "change", "compare", "calendar"}
"""Sections with a text for some members of a table, or asked for by a name put together."""


@pytest.mark.parametrize("section", FROM_TABLES)
def test_every_row_of_a_table_has_its_text(section: str) -> None:
    spare = {"metric": {"visitors_one_day", "share_about", "conversion", "conversion_about"}}.get(section, set())
    assert set(names(CATALOGUE[section])) - spare == FROM_TABLES[section]


def test_every_text_asked_for_by_name_exists_and_no_other_is_kept() -> None:
    asked = set(re.findall(r"""(?:say|count_of)\(\s*["']([a-z_0-9]+\.[a-z_0-9]+)["']""", sources()))
    # The rest of such a name comes from a table or from what was done.
    begun = set(re.findall(r"""(?:say|count_of|knows)\(\s*f?["']([a-z_0-9]+\.[a-z_0-9.]*)(?:\{|["']\s*~)""", sources()))
    missing = {name for name in asked - begun if name not in set(names(CATALOGUE)) and not words.knows(name)}
    missing |= {start for start in begun if not any(name.startswith(start) for name in names(CATALOGUE))}
    assert missing == set()
    kept = {name for name in names(CATALOGUE) if name.partition(".")[0] not in LOOKED_UP | FROM_TABLES.keys()}
    text = sources().replace("'", '"')
    mentioned = {name for name in kept if f'"{name}"' in text or name.startswith(tuple(begun))}
    assert kept - mentioned == set()


def test_every_dimension_and_metric_of_the_tables_can_be_asked_for() -> None:
    assert {tab.dimension for tab in TABS} <= DIMENSIONS.keys()
    assert {name for tab in TABS for name in (*tab.columns, *tab.details)} <= METRICS.keys() | {"share"}
    assert len({tab.key for tab in TABS}) == len(TABS)


def test_every_setting_has_a_place_in_the_form() -> None:
    laid = grouped(list(SETTINGS.values()))
    assert "more" not in dict(laid)
    assert sorted(row.key for _, members in laid for row in members) == sorted(SETTINGS)


def test_an_unknown_text_is_an_error() -> None:
    with pytest.raises(KeyError):
        words.say("report.nothing_like_it")
    with pytest.raises(KeyError):
        words.say("report")
