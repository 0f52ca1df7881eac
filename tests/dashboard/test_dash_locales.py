"""Locales: which one a browser asks for, and what numbers and dates look like in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import copy_context
from datetime import date

import pytest
from dash_world import World

from dashboard import locales, words
from dashboard.locales import locale_of

NARROW, WIDE = "\u202f", "\u00a0"


def written_in(name: str, say: Callable[[], str]) -> str:
    """Say something as a request with this `Accept-Language` would."""

    def run() -> str:
        locales._asked.set(locale_of(name))
        return say()

    return copy_context().run(run)


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "en"),
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("en-US,en;q=0.5", "en-us"),
        ("en-NZ", "en"),
        ("fr;q=0.3, nl;q=0.7", "nl"),
        ("tlh, es-MX;q=0.4", "es-mx"),
        ("de;q=0, fr", "fr"),
        ("de;q=loud, fr;q=0.1", "fr"),
        ("*", "en"),
        ("\x00,,;;q=", "en"),
    ],
)
def test_the_first_language_we_can_write_is_taken(accept: str, name: str) -> None:
    assert locale_of(accept).name == name


@pytest.mark.parametrize(
    ("accept", "number", "short", "share", "day", "run"),
    [
        ("en-GB", "1,234.5", "12.3k", "4.2%", "22 Nov 2026", "3 – 9 Nov 2026"),
        ("en-US", "1,234.5", "12.3k", "4.2%", "Nov 22, 2026", "Nov 3 – 9, 2026"),
        ("de", "1.234,5", "12,3k", f"4,2{WIDE}%", "22. Nov 2026", "3. – 9. Nov 2026"),
        ("fr", f"1{NARROW}234,5", "12,3k", f"4,2{NARROW}%", "22 Nov 2026", "3 – 9 Nov 2026"),
        ("es", "1.234,5", "12,3k", f"4,2{WIDE}%", "22 Nov 2026", "3 – 9 Nov 2026"),
        ("nl", "1.234,5", "12,3k", "4,2%", "22 Nov 2026", "3 – 9 Nov 2026"),
    ],
)
def test_numbers_and_dates_have_the_form_of_the_locale(
    accept: str, number: str, short: str, share: str, day: str, run: str
) -> None:
    assert written_in(accept, lambda: words.exact(1234.5)) == number
    assert written_in(accept, lambda: words.compact(12_345)) == short
    assert written_in(accept, lambda: words.percent(4.2)) == share
    assert written_in(accept, lambda: words.day(date(2026, 11, 22), year=True)) == day
    assert written_in(accept, lambda: words.days(date(2026, 11, 3), date(2026, 11, 9))) == run


def test_a_page_is_written_for_its_reader_and_a_file_for_machines(world: World) -> None:
    world.views(1234)
    browser = world.browser("owner")
    german = {"Accept-Language": "de"}
    assert "1.234" in browser.get("/sites/example.com", headers=german).text
    assert "1,234" in browser.get("/sites/example.com").text
    rows = browser.get("/sites/example.com/details/pages.csv", headers=german).text
    assert "1234" in rows
    assert "1.234" not in rows


def test_a_week_begins_where_the_reader_begins_it(world: World) -> None:
    world.views(9)
    browser = world.browser("owner")

    def days(accept: str) -> list[str]:
        page = browser.get("/sites/example.com/hours", headers={"Accept-Language": accept}).text
        return re.findall(r'text-anchor="end">(\w{3})<', page)

    assert days("en-US") == ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    assert days("de") == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    files = {
        browser.get("/sites/example.com/hours.csv", headers={"Accept-Language": name}).text for name in ("de", "en-US")
    }
    assert len(files) == 1
