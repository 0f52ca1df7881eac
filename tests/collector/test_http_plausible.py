"""Plausible's event format: what is read, what is ignored, and in which words it is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collector.arrival import Arrival, Signals
from collector.dialects.plausible import MAX_EVENTS, Problem, parse
from collector.sender import Sender

CASES = Path(__file__).parents[2].parent / "shared" / "cases" / "ingest_validation.jsonl"
SENDER = Sender(address="203.0.113.9", agent="Mozilla/5.0", origin="example.com", language="de")
# Their infrastructure decides by a header of its own what a data centre is; we believe no such header.
NOT_OURS = {"val-053"}


def rows() -> list[dict[str, Any]]:
    if not CASES.exists():
        return []
    cases = map(json.loads, CASES.read_text().splitlines())
    return [case for case in cases if case["dialect"] == "plausible" and case["id"] not in NOT_OURS]


def said(**fields: Any) -> list[Arrival] | Problem:
    return parse(json.dumps({"n": "pageview", "u": "https://example.com/", **fields}).encode(), SENDER)


def one(**fields: Any) -> Arrival:
    arrivals = said(**fields)
    assert isinstance(arrivals, list), arrivals
    return arrivals[0]


def errors(**fields: Any) -> dict[str, list[str]]:
    problem = said(**fields)
    assert isinstance(problem, Problem)
    return problem.errors


@pytest.mark.skipif(not CASES.exists(), reason="the case files are not beside this checkout")
def test_the_peers_own_cases_come_out_as_at_the_peer() -> None:
    assert len(rows()) >= 30
    for case in rows():
        check(case["id"], case["input"], case["expected"])


def check(name: str, given: dict[str, Any], expected: dict[str, Any]) -> None:
    body = json.dumps(given["json"]) if "json" in given else given["body"]
    out = parse(body.replace("SITE", "site.example").encode(), SENDER)
    if expected["status"] == 400:
        assert isinstance(out, Problem), name
        assert out.errors == expected.get("json", {"errors": out.errors})["errors"], name
        return
    assert isinstance(out, list), name
    first = out[0]
    seen = {
        "referrer_truncated_to": len(first.referrer),
        "props_count": len(first.props),
        "props": {key: str(value).lower() for key, value in first.props.items()},
        "recorded_for": [arrival.site.replace("site.example", "SITE").upper() for arrival in out],
        "scroll_depth": first.scroll,
        "engagement_ms": first.engaged_ms,
        "revenue": None if first.revenue is None else {"amount": str(first.revenue), "currency": first.currency},
        "interactive": first.interactive,
    }
    for key in seen.keys() & expected.keys() - {"recorded_for"}:
        assert seen[key] == expected[key], (name, key)
    # Which of the named sites exist is for the endpoint to say; here each is named once.
    assert all(site in seen["recorded_for"] for site in expected.get("recorded_for", [])), name


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"n": None}, {"event_name": ["can't be blank"]}),
        ({"n": "  \u200e "}, {"event_name": ["can't be blank"]}),
        ({"n": 1.5}, {"event_name": ["is invalid"]}),
        ({"n": True}, {"event_name": ["is invalid"]}),
        ({"n": "x" * 121}, {"event_name": ["should be at most 120 character(s)"]}),
        ({"u": None}, {"url": ["is required"], "domain": ["can't be blank"]}),
        ({"u": "", "d": "a.example"}, {"url": ["is required"]}),
        ({"u": 7, "d": "a.example"}, {"url": ["must be a string"]}),
        ({"u": "https://example.com/" + "é" * 1000}, {"url": ["must be a valid url"], "domain": ["can't be blank"]}),
        ({"u": " DATA:text/html,x", "d": "a.example"}, {"url": ["scheme is not allowed"]}),
        ({"u": "about:blank"}, {"domain": ["can't be blank"]}),
        ({"p": {"a" * 301: 1}}, {"props": ["keys should have at most 300 bytes and values 2000 bytes"]}),
        ({"p": {"a": "é" * 1001}}, {"props": ["keys should have at most 300 bytes and values 2000 bytes"]}),
    ],
)
def test_every_limit_is_refused_in_plausibles_words(fields: dict[str, Any], expected: dict[str, list[str]]) -> None:
    assert errors(**fields) == expected


def test_an_empty_object_is_told_all_that_is_missing() -> None:
    problem = parse(b"{}", SENDER)
    assert isinstance(problem, Problem)
    assert problem.errors.keys() == {"event_name", "url", "domain"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"5",
        b'"<script>"',
        b"[1]",
        b"{",
        b'{"n":"pageview"} trailing',
        b'{"n":NaN}',
        b'{"n":1e400}',
        b'{"n":"\xff"}',
        b'{"n":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        '{"n":"pageview"}'.encode("utf-16"),
        b'{"p":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"x":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
        b'{"n":' + b"9" * 60_000 + b"}",
    ],
    ids=lambda body: str(body[:20]),
)
def test_what_is_no_json_of_ours_is_refused_and_not_quoted(body: bytes) -> None:
    assert parse(body, SENDER) == Problem({"request": ["Unable to parse request body as json"]})


def test_a_hundred_thousand_unknown_keys_cost_nothing_and_the_last_of_two_wins() -> None:
    many = ",".join(f'"{key}":1' for key in range(100_000))
    arrivals = parse(f'{{"n":"a","n":"b",{many},"u":"https://example.com/"}}'.encode(), SENDER)
    assert isinstance(arrivals, list)
    assert arrivals[0].name == "b"


def test_everything_that_is_said_gets_into_the_field_of_its_name() -> None:
    sender = Sender("address", "agent", "origin", "fetch_site", "language", Signals(gpc=True))
    body = {
        "n": "engagement",
        "u": "https://a.example/",
        "d": "a.example",
        "r": "referrer",
        "p": {"plan": "pro"},
        "e": 7,
        "sd": 8,
    }
    body |= {"$": {"amount": 9, "currency": "eur"}, "i": False, "id": "F" * 32, "tz": "Europe/Vienna"}
    (arrival,) = parse(json.dumps(body).encode(), sender)
    assert arrival == Arrival(
        name="engagement",
        url="https://a.example/",
        site="a.example",
        referrer="referrer",
        address="address",
        agent="agent",
        origin="origin",
        fetch_site="fetch_site",
        signals=Signals(gpc=True),
        event_id="f" * 32,
        language="language",
        timezone="Europe/Vienna",
        props={"plan": "pro"},
        revenue=9.0,
        currency="EUR",
        interactive=False,
        engaged_ms=7,
        scroll=8,
    )


def test_short_keys_win_and_null_is_absent() -> None:
    assert one(n=None, name="long").name == "long"
    assert one(n="short", name="long").name == "short"
    assert one(u=None, url="https://example.com/x").url == "https://example.com/x"
    assert one(r=None, referrer="https://a.example/").referrer == "https://a.example/"
    assert one(props={"a": 1}, p={"b": 2}, meta={"c": 3}, m={"d": 4}).props == {"d": 4}


def test_what_the_head_said_is_in_the_arrival_and_nothing_the_body_says_of_the_sender() -> None:
    arrival = one(ip="6.6.6.6", address="6.6.6.6", userAgent="evil", agent="evil", timestamp=1, ts=1, happened_ms=1)
    assert (arrival.address, arrival.agent, arrival.language) == ("203.0.113.9", "Mozilla/5.0", "de")
    assert arrival.origin == "example.com"
    assert arrival.happened_ms is None


@pytest.mark.parametrize(
    ("value", "props"),
    [
        ({"a": "x", "b": 1, "c": 1.5, "d": True}, {"a": "x", "b": 1, "c": 1.5, "d": True}),
        ({"a": None, "b": "", "c": "  ", "d": [1], "e": {"f": 1}}, {}),
        ({"": "x", "\x00": "y", " a ": " b "}, {"a": "b"}),
        ({"a": 10**30, "b": -(10**30)}, {"a": 2**63 - 1, "b": 1 - 2**63}),
        ('{"plan":"pro"}', {"plan": "pro"}),
        ("not json", {}),
        ("[" * 100_000, {}),
        ([1, 2], {}),
        (7, {}),
    ],
)
def test_props_are_scalars_with_a_name(value: Any, props: dict[str, Any]) -> None:
    assert one(p=value).props == props


@pytest.mark.parametrize(
    ("value", "revenue", "currency"),
    [
        ({"amount": 20, "currency": "usd"}, 20.0, "USD"),
        ({"amount": "12.3", "currency": "EUR"}, 12.3, "EUR"),
        ({"amount": -5, "currency": "EUR"}, -5.0, "EUR"),
        ({"amount": 1e300, "currency": "EUR"}, None, ""),
        ({"amount": 1e15, "currency": "EUR"}, 1e12, "EUR"),
        ('{"amount":20.2,"currency":"EUR"}', 20.2, "EUR"),
        ({}, None, ""),
        ({"amount": True, "currency": "EUR"}, None, ""),
        ({"amount": "nan", "currency": "EUR"}, None, ""),
        ({"amount": "1e9", "currency": "EUR"}, None, ""),
        ({"amount": 1, "currency": "EURO"}, None, ""),
        ({"amount": 1}, None, ""),
        ("x", None, ""),
    ],
)
def test_revenue_is_an_amount_with_a_currency_or_nothing(value: Any, revenue: float | None, currency: str) -> None:
    arrival = one(**{"$": value})
    assert (arrival.revenue, arrival.currency) == (revenue, currency)


@pytest.mark.parametrize(
    ("fields", "engaged_ms", "scroll"),
    [
        ({"e": 1500, "sd": 40}, 1500, 40),
        ({"e": 1500.9}, 1500, None),
        ({"sd": 250}, 0, 100),
        ({"sd": -1, "e": 10}, 10, None),
        ({"e": 10**40, "sd": 1}, 0, 1),
    ],
)
def test_engagement_is_clamped(fields: dict[str, Any], engaged_ms: int, scroll: int | None) -> None:
    arrival = one(n="engagement", **fields)
    assert (arrival.engaged_ms, arrival.scroll) == (engaged_ms, scroll)


def test_only_an_engagement_event_carries_engagement() -> None:
    arrival = one(e=99_000, sd=90)
    assert (arrival.engaged_ms, arrival.scroll) == (0, None)


@pytest.mark.parametrize(
    ("ck", "cookies_off"), [(0, True), ("0", True), (False, True), (1, False), (None, False), ("x", False)]
)
def test_the_page_may_say_that_cookies_are_off(ck: Any, cookies_off: bool) -> None:
    assert one(ck=ck).signals.cookies_off is cookies_off


@pytest.mark.parametrize(
    ("given_id", "kept"),
    [("0123456789abcdefABCDEF0123456789", "0123456789abcdefabcdef0123456789"), ("short", ""), (7, "")],
)
def test_an_event_id_has_32_hex_characters(given_id: Any, kept: str) -> None:
    assert one(id=given_id).event_id == kept


def test_an_event_for_several_sites_is_one_arrival_for_each() -> None:
    arrivals = said(d="www.A.example, b.example,,a.example", id="0" * 32)
    assert isinstance(arrivals, list)
    assert [(arrival.site, arrival.event_id) for arrival in arrivals] == [
        ("a.example", "0" * 32),
        ("b.example", "0" * 32),
    ]


@pytest.mark.parametrize(("zone", "kept"), [("Europe/Berlin", "Europe/Berlin"), ("a b", ""), ("x" * 65, ""), (5, "")])
def test_a_time_zone_has_the_form_of_one(zone: Any, kept: str) -> None:
    assert one(tz=zone).timezone == kept


def test_hostile_characters_are_gone_from_every_text() -> None:
    bad = "\x00\r\n\x1b[31m\u202e\u2066\u200f\x85\u2028\ufeff"
    arrival = one(n=f"a{bad}b", u=f"https://example.com/{bad}x", r=f"https://r.example/{bad}", p={f"k{bad}": f"v{bad}"})
    assert arrival.name == "a[31mb"
    assert arrival.url == "https://example.com/[31mx"
    assert arrival.referrer == "https://r.example/[31m"
    assert arrival.props == {"k[31m": "v[31m"}


def test_an_array_is_up_to_fifty_events_and_one_bad_one_refuses_all() -> None:
    good = {"n": "pageview", "u": "https://example.com/"}
    arrivals = parse(json.dumps([good] * MAX_EVENTS).encode(), SENDER)
    assert isinstance(arrivals, list)
    assert len(arrivals) == MAX_EVENTS
    assert parse(json.dumps([good, {"n": "x"}]).encode(), SENDER) == Problem(
        {"url": ["is required"], "domain": ["can't be blank"]}, 1
    )
    for wrong in ([], [good] * (MAX_EVENTS + 1)):
        problem = parse(json.dumps(wrong).encode(), SENDER)
        assert problem == Problem({"request": ["should have 1 to 50 event(s)"]})
    spread = [{**good, "d": "a.example,b.example"}] * MAX_EVENTS
    assert isinstance(parse(json.dumps(spread).encode(), SENDER), Problem)
