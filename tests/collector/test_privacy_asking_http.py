"""Requests and complaints in words: they reach a person, and nothing that was typed is lost."""

from __future__ import annotations

import re

import httpx
import pytest
from privacy_world import Rehearsal, T, Visit, text_of

from collector.privacy.say import KINDS
from registry.requests import MAX_MESSAGE


def ask(visit: Visit, asked: str = "shop.example", **fields: str) -> httpx.Response:
    form = {"kind": "complaint", "message": "You count too much.", "reply_to": "", **fields}
    return visit.press("", "/privacy/ask", host_asked=asked, **form)


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_reaches_a_person_and_the_page_says_what_is_stored(kind: str) -> None:
    rights = Rehearsal()
    visit = Visit(rights)
    page = visit.follow(ask(visit, kind=kind, reply_to=" me@example.org "))
    assert rights.calls == [("ask", 1, "shop.example", kind, "You count too much.", "me@example.org")]
    assert T["done"]["asked"] in text_of(page)
    assert f"your request: {T['kinds'][kind]}" in text_of(page)
    assert T["rights"]["stored"] in text_of(page)


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"message": "  "}, 400, "unwritten"),
        ({"kind": "money"}, 400, "unwritten"),
        ({"message": "x" * (MAX_MESSAGE + 1)}, 400, "too_long"),
        ({"reply_to": "x" * 201}, 400, "too_long"),
        ({"message": "x" * 40_000}, 413, "too_long"),
        ({"token": "1.2"}, 403, "repeat"),
    ],
)
def test_what_is_amiss_is_said_and_what_was_typed_stays(fields: dict[str, str], status: int, message: str) -> None:
    rights = Rehearsal()
    answer = ask(Visit(rights), **{"reply_to": "PO box", **fields})
    assert answer.status_code == status
    assert rights.calls == []
    assert T["done"][message] in text_of(answer)
    if status != 413 and "reply_to" not in fields:
        assert 'value="PO box"' in answer.text


@pytest.mark.parametrize(
    ("typed", "number", "host"),
    [
        ("shop.example", 1, "shop.example"),
        (" https://WWW.Shop.example/basket ", 1, "shop.example"),
        ("somebody-elses.example", 0, "somebody-elses.example"),
    ],
)
def test_on_the_operators_host_the_visitor_names_the_website(typed: str, number: int, host: str) -> None:
    rights = Rehearsal()
    visit = Visit(rights)
    answer = ask(visit, "stats.example", host=typed)
    assert rights.calls == [("ask", number, host, "complaint", "You count too much.", "")]
    assert T["done"]["asked"] in text_of(visit.follow(answer))


def test_no_list_of_customers_is_shown_and_no_answer_tells_who_is_one() -> None:
    visit = Visit(Rehearsal())
    page = visit.ask(host="stats.example")
    assert not re.search(r"(shop|asks|mixed|many|plain)\.example", page.text)
    known, unknown = (ask(visit, "stats.example", host=host) for host in ("shop.example", "nobody.example"))
    assert known.status_code == unknown.status_code
    assert T["done"]["asked"] in text_of(visit.follow(unknown))
    assert ask(visit, "stats.example", host="not a host").status_code == 400
