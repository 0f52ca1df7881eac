"""Scrubbing: what is taken out of every kept string, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from distill_world import arrive, case_rows, event, refusal, site

from clickhouse.rows import Reason
from collector.distill.scrub.path import segments_of, tidy
from collector.distill.scrub.props import scrub_props
from collector.distill.scrub.rules import covered, matches
from collector.distill.scrub.text import scrub

QUERY_COLUMNS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "click")


def seen_as_url(row: dict[str, Any]) -> dict[str, Any]:
    """Send a case's URL through the whole of distill and tell it in the case's words."""
    settings = row["site"]
    where = site(
        host="ex.com", keep_query=tuple(settings.get("keep", ())), hash_routes=settings.get("hash_routes", False)
    )
    if "drop" in row["expected"]:
        assert refusal(arrive(row["input"]), where).reason == Reason.SCHEME
        return {"drop": "scheme"}
    found = event(arrive(row["input"]), where)
    told: dict[str, Any] = {"path": found.path}
    told |= {column: getattr(found, column) for column in QUERY_COLUMNS if getattr(found, column)}
    if found.query:
        told["q"] = dict(pair.split("=") for pair in found.query.split("&"))
    return told


def seen_as_referrer(row: dict[str, Any]) -> dict[str, Any]:
    settings = row["site"]
    own = (settings.get("own") or ["somewhere.example"])[0]
    where = site(host=own, referrer_paths=settings.get("full_path", False))
    found = event(arrive(f"https://{own}/", referrer=row["input"]), where)
    if "prev" in row["expected"]:
        # The page before is not kept with an event: the visit's own events tell it.
        assert (found.referrer, found.continued) == ("", True)
        return {"prev": tidy("/users/jane", (), (), ())}
    return {"ref": found.referrer}


def test_all_cases_come_out_as_told() -> None:
    rows = case_rows("scrub")
    assert len(rows) == 98
    wrong = []
    for row in rows:
        if row["kind"] == "url":
            seen: Any = seen_as_url(row)
        elif row["kind"] == "ref":
            seen = seen_as_referrer(row)
        elif row["kind"] == "props":
            seen = event(arrive(name="Used", props=scalars(row["input"]))).props
            row["expected"] = {name: as_text(value) for name, value in row["expected"].items()}
        else:
            seen = scrub(row["input"])
        if seen != row["expected"]:
            wrong.append((row["id"], row["expected"], seen))
    assert not wrong


def scalars(props: dict[str, Any]) -> dict[str, Any]:
    """A dialect hands on scalars only; `scrub_props` is tested with the rest by itself."""
    assert scrub_props({name: value for name, value in props.items() if isinstance(value, dict | list)}) == {}
    return {name: value for name, value in props.items() if not isinstance(value, dict | list)}


def as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


TEXTS = [
    # A card beside other numbers, an account beside a word in capitals.
    ("card 4111 1111 1111 1111 12/27 cvc 123", "card [card] 12/27 cvc 123"),
    ("41 4111111111111111 27", "41 [card] 27"),
    ("DE89 3704 0044 0532 0130 00 PAID", "[iban] PAID"),
    ("9" * 70, "[id]"),
    ("2026-11-22 10:00 and 22.11.2026", "2026-11-22 10:00 and 22.11.2026"),
    # Addresses at the end of a sentence, after a word, before a port; versions and names of code are none.
    ("from 203.0.113.77.", "from [ip]."),
    ("ip:203.0.113.77:8080", "ip:[ip]:8080"),
    ("ip:2001:db8::1", "ip:[ip]"),
    ("[2001:db8::1]:443", "[[ip]]:443"),
    ("version 1.2.3.4.5", "version 1.2.3.4.5"),
    ("std::cout", "std::cout"),
    ("at 10:00:00", "at 10:00:00"),
    # E-mail in other scripts and disguises.
    ("a@jane@corp.com", "a@[email]"),
    ("jane＠corp.com", "[email]"),
    ("user=jane@corp.com&x", "user=[email]&x"),
    ("jane@corp", "jane@corp"),
    ("x" * 80 + "@corp.com", "x" * 16 + "[email]"),
    # A token behind readable words.
    ("my-page-d41d8cd98f00b204e9800998ecf8427e", "[token]"),
    ("a-" * 60 + "d41d8cd98f00b204e9800998ecf8427e", "a-" * 60 + "[token]"),
    # Encoded, and encoded again.
    ("jane%40corp.com%ba", "[email]%ba"),
    ("%balle%", "%balle%"),
    ("a%25%25%25%2561", "a%%%a"),
    # What cannot be seen.
    ("a\x00b\u202ec\u200bd", "abcd"),
    ("one\ntwo\u2028three", "one two three"),
    ("cafe\u0301", "café"),
    ("call +44\u00a020\u202f7946 0958", "call [phone]"),
    ("\ud800x", "x"),
]


@pytest.mark.parametrize(("raw", "expected"), TEXTS)
def test_a_text_is_scrubbed(raw: str, expected: str) -> None:
    assert scrub(raw) == expected


def test_nothing_is_half_hidden_by_the_cut() -> None:
    assert scrub("word " * 409 + "jane@corp.com", 3000).endswith("word")
    assert scrub("x" * 3000) == "[long]"


def test_a_person_behind_a_doubled_or_dotted_slash_is_still_one() -> None:
    assert tidy("/users//jane", (), (), ()) == "/users/[user]"
    assert tidy("/users/./jane", (), (), ()) == "/users/[user]"
    assert tidy("/users%2Fjane", (), (), ()) == "/users∕[user]"
    assert tidy("/users/jane-4155552671", (), (), ()) == "/users/[user]"


def test_a_path_is_bounded() -> None:
    assert tidy("/a" * 40, (), (), ()) == "/a" * 32
    assert len(tidy("/" + "/".join(["b" * 99] * 20), (), (), ()) or "") == 1024
    assert tidy("/" + "c" * 101, (), (), ()) == "/[long]"
    assert tidy("", (), (), ()) == "/"


PATTERNS = [
    ("/admin/**", "/admin", {}),
    ("/admin/**", "/admin/users/7", {1: "[redacted]", 2: "[redacted]"}),
    ("/admin/**", "/administration", None),
    ("/staff/*", "/staff/jane", {1: "[redacted]"}),
    ("/staff/*", "/staff", None),
    ("/staff/*", "/staff/jane/edit", None),
    ("/r/:code", "/r/x7", {1: "[code]"}),
    ("/*/edit", "/a/edit", {0: "[redacted]"}),
    ("/item-*", "/item-9", {0: "[redacted]"}),
    ("/**/edit", "/a/b/edit", {0: "[redacted]", 1: "[redacted]"}),
    ("/a?", "/ab", None),
    ("/[ab]", "/a", None),
    ("/[ab]", "/[ab]", {}),
    ("/users/guide", "/users/guide", {}),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), PATTERNS)
def test_a_pattern_covers(pattern: str, path: str, expected: dict[int, str] | None) -> None:
    segments = [segment for segment in segments_of(path) if segment]
    assert covered(pattern, segments) == expected
    assert matches(pattern, segments) == (expected is not None)


def test_the_owner_redacts_by_pattern() -> None:
    assert tidy("/staff/jane/", (), ("/staff/*",), ()) == "/staff/[redacted]/"
    assert tidy("/r/summer", (), ("/r/:code",), ()) == "/r/[code]"


def test_the_owner_keeps_what_is_only_guessed_never_what_is_certain() -> None:
    keep = ("/users/*", "/f/*")
    assert tidy("/users/guide", (), (), keep) == "/users/guide"
    assert tidy("/f/d41d8cd98f00b204e9800998ecf8427e", (), (), keep) == "/f/d41d8cd98f00b204e9800998ecf8427e"
    assert tidy("/users/jane@corp.com", (), (), keep) == "/users/[email]"
    assert tidy("/users/sk_live_4eC39HqLyjWDarjtT1zdp7dc", (), (), keep) == "/users/[secret]"


def test_redact_wins_over_keep() -> None:
    assert tidy("/users/jane", (), ("/users/*",), ("/users/*",)) == "/users/[redacted]"


def test_the_owner_excludes_a_page() -> None:
    where = site(exclude=("/admin/**",))
    assert refusal(arrive("https://example.com/admin/users/7"), where).reason == Reason.EXCLUDED
    assert event(arrive("https://example.com/about"), where).path == "/about"


PROPS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"a": True, "b": 7, "c": 1.5}, {"a": "true", "b": "7", "c": "1.5"}),
    ({"a": float("nan"), "b": float("inf"), "c": "  ", "": "x"}, {}),
    ({"a": 10**400, "b": -90210123, "c": 9e9}, {"a": "[id]", "b": "[id]", "c": "[id]"}),
    (
        {"E-Mail": "x", "shipping_address": "x", "ip": "x"},
        {"E-Mail": "[redacted]", "shipping_address": "x", "ip": "[redacted]"},
    ),
    ({"jane@corp.com": 1}, {"[email]": "[redacted]"}),
    ({"k" * 60: "v" * 400}, {"k" * 50: "v" * 300}),
]


@pytest.mark.parametrize(("props", "expected"), PROPS)
def test_properties_are_scrubbed(props: dict[str, Any], expected: dict[str, str]) -> None:
    assert scrub_props(props) == expected


def test_thirty_properties_are_kept_and_blank_ones_do_not_count() -> None:
    assert len(scrub_props({f"k{n}": "v" for n in range(50)})) == 30
    assert len(scrub_props({f"k{n}": "v" if n % 2 else "" for n in range(50)})) == 25


HOSTILE = [
    "a@" * 1024,
    ("a" * 64 + "@" + "b" * 63 + ".") * 16,
    "1 " * 1024,
    "a:" * 1024,
    "GB11 " * 400,
    "DE89 3704 0044 0532 0130 00" * 70,
    "+1 (" * 512,
    "%25" * 680,
    "eyJ" * 680,
    "1.1.1." * 340,
    "[" * 2048,
    "\u0300" * 2048,
    "A1" * 1024,
    "." * 2000,
    "/users" * 340,
]


@pytest.mark.parametrize("text", HOSTILE, ids=[text[:8] for text in HOSTILE])
def test_hostile_text_ends_in_bounds(text: str) -> None:
    assert len(scrub(text)) <= 300
    assert len(tidy(f"/{text}", (), (), ()) or "") <= 1024
