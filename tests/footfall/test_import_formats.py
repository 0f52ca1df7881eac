"""The formats of access logs, line by line: what is read, what is no line, and which lines are page views."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from import_world import NOON, NOW_MS, SITE, line

from footfall.importing.entry import Entry
from footfall.importing.formats import FORMATS, Format, read_any, reader_of
from footfall.importing.moments import moment_of
from footfall.importing.pages import (
    ELSEWHERE,
    FILE,
    FRAGMENT,
    FUTURE,
    HEAD,
    MACHINE,
    METHOD,
    NOBODY,
    NOT_READABLE,
    OLD,
    STATUS,
    kind_of,
)


def read(text: str, form: Format = "auto") -> Entry:
    entry = reader_of(form)(text.encode())
    assert entry is not None
    return entry


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "auto"])
def test_each_format_says_the_same_and_is_recognised(form: Format) -> None:
    text = line(60, "/a?b=1", form=form, referrer="https://www.google.com/", size=77)
    entry = read(text)
    assert entry == read(text, form)
    assert (entry.at_ms, entry.method, entry.target) == ((NOON + 60) * 1000, "GET", "/a?b=1")
    assert (entry.status, entry.size, entry.address) == (200, 77, "203.0.113.1")
    if form == "common":
        assert (entry.agent, entry.referrer) == (None, "")
    else:
        assert entry.agent
        assert entry.agent.startswith("Mozilla/5.0 (X11")
        assert entry.referrer == "https://www.google.com/"


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ('::1 - - [22/Nov/2025:13:00:00 +0100] "GET / HTTP/2.0" 200 -', "at_ms", NOON * 1000),
        ('::1 - - [22/Nov/2025:06:30:00 -0530] "GET / HTTP/2.0" 200 -', "at_ms", NOON * 1000),
        ('::1 - - [22/Nov/2025:12:00:00 +0000] "GET / HTTP/2.0" 304 -', "size", 0),
        ('::1 - jane "x" doe [22/Nov/2025:12:00:00 +0000] "GET /b HTTP/1.1" 200 1 "-" "a"', "target", "/b"),
        ('::1 - [x] [22/Nov/2025:12:00:00 +0000] "GET /b HTTP/1.1" 200 1 "-" "a"', "target", "/b"),
        (
            '::1 - - [22/Nov/2025:12:00:00 +0000] "GET /a HTTP/1.1" 200 1 "-" "say \\"hi\\" \\\\"',
            "agent",
            'say "hi" \\',
        ),
        ('::1 - - [22/Nov/2025:12:00:00 +0000] "GET /\\xC3\\xA4 HTTP/1.1" 200 1 "-" "-"', "target", "/ä"),
        ('::1 - - [22/Nov/2025:12:00:00 +0000] "GET /a HTTP/1.1" 200 1 "-" "-"', "agent", ""),
        ('::1 - - [22/Nov/2025:12:00:00 +0000] "GET /a HTTP/1.1" 200 1 "-" "a" "10.0.0.1" 0.003', "agent", "a"),
        ('::1 - - [22/Nov/2025:12:00:00 +0000] "\\x16\\x03\\x01" 400 150 "-" "-"', "method", ""),
        (
            '::1 - - [22/Nov/2025:12:00:00 +0000] "GET http://example.com/a HTTP/1.1" 200 1',
            "target",
            "http://example.com/a",
        ),
    ],
)
def test_what_servers_write_is_read(text: str, field: str, value: object) -> None:
    assert getattr(read(text), field) == value


def test_caddys_headers_tell_what_the_visitor_said() -> None:
    told = json.loads(line(0, form="caddy"))
    told["request"]["headers"] |= {
        "Sec-Gpc": ["1"],
        "Dnt": ["1"],
        "Sec-Purpose": ["prefetch"],
        "Accept-Language": ["de-AT,de"],
    }
    told["request"]["host"] = "www.Example.com:443"
    told["resp_headers"] = {"Content-Type": ["text/html; charset=utf-8"]}
    entry = read(json.dumps(told))
    assert (entry.gpc, entry.dnt, entry.is_prefetch, entry.language) == (True, True, True, "de-AT")
    assert (entry.host, entry.content_type) == ("www.example.com", "text/html; charset=utf-8")


def test_nginx_keys_may_be_called_what_people_call_them() -> None:
    told = {
        "msec": "1763812800.250",
        "ip": "2001:db8::1",
        "method": "GET",
        "uri": "/x",
        "status": 200,
        "size": 5,
        "http_dnt": "1",
    }
    entry = read(json.dumps(told), "nginx-json")
    assert (entry.at_ms, entry.address, entry.target, entry.dnt) == (NOON * 1000 + 250, "2001:db8::1", "/x", True)
    assert entry.agent is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "{}",
        "{",
        "[1]",
        '{"request": 7, "ts": 1}',
        '{"level":"info","ts":1,"msg":"server running"}',
        '::1 - - [99/Nov/2025:12:00:00 +0000] "GET / HTTP/1.1" 200 1',
        '::1 - - [22/Nov/2025:aa:00:00 +0000] "GET / HTTP/1.1" 200 1',
        '::1 - - [22/Nov/2025:12:00:00 +0000] "GET / HTTP/1.1',
        "2025/11/22 12:00:00 [error] 7#7: *1 open() failed",
        "\x00\x01\x02",
    ],
)
def test_what_is_no_line_of_a_log_is_nothing(text: str) -> None:
    assert read_any(text.encode()) is None


def test_combined_wants_an_agent_and_common_does_not_look_at_it() -> None:
    assert reader_of("combined")(line(0, form="common").encode()) is None
    assert read(line(0), "common").agent is None
    assert reader_of("caddy")(line(0).encode()) is None


@given(st.binary(max_size=300))
def test_no_bytes_at_all_raise(junk: bytes) -> None:
    for form in FORMATS:
        reader_of(form)(junk)
    read_any(b'::1 - - [22/Nov/2025:12:00:00 +0000] "' + junk)
    read_any(b'{"ts": 1, "request": {"uri": "' + junk)


@pytest.mark.parametrize(
    "value",
    [
        "22/Nov/2025:12:00:00 +0000",
        "2025-11-22T12:00:00Z",
        "2025-11-22T13:00:00.000+01:00",
        NOON,
        float(NOON),
        f"{NOON}.000",
    ],
)
def test_a_time_is_read_in_every_form(value: object) -> None:
    assert moment_of(value) == NOON * 1000


@pytest.mark.parametrize(
    "value", [None, "", "now", "nan", "inf", float("inf"), -1, 1e12, "22/Foo/2025:12:00:00 +0000", []]
)
def test_what_is_no_time_is_none(value: object) -> None:
    assert moment_of(value) is None


KINDS = [
    ({}, ""),
    ({"path": "/pricing?utm_source=x"}, ""),
    ({"path": "/index.php"}, ""),
    ({"path": "/v1.2/notes"}, ""),
    ({"path": "/john.doe"}, ""),
    ({"path": "/release-1.2"}, ""),
    ({"status": 304}, ""),
    ({"status": 301}, STATUS),
    ({"status": 404}, STATUS),
    ({"status": 500}, STATUS),
    ({"method": "HEAD"}, HEAD),
    ({"method": "POST"}, METHOD),
    ({"path": "/app.js"}, FILE),
    ({"path": "/a/IMG%2EPNG"}, FILE),
    ({"path": "/style.css?v=3"}, FILE),
    ({"path": "/feed.xml"}, FILE),
    ({"path": "/robots.txt"}, FILE),
    ({"path": "/.well-known/security"}, MACHINE),
    ({"path": "/wp-json/v2/posts"}, MACHINE),
    ({"path": "/apiary"}, ""),
    ({"path": "/news?_pjax=%23main"}, FRAGMENT),
    ({"path": "/news?page=2"}, ""),
    ({"agent": "-"}, NOBODY),
    ({"at": 3 * 3600}, FUTURE),
    ({"at": -761 * 86400}, OLD),
]


@pytest.mark.parametrize(("said", "kind"), KINDS)
def test_only_page_views_are_page_views(said: dict[str, object], kind: str) -> None:
    entry = read(line(**({"at": 0} | said)))  # type: ignore[arg-type]
    assert kind_of(entry, SITE, NOW_MS) == kind


def test_what_a_log_tells_of_answer_and_asker_counts_more_than_the_path() -> None:
    told = json.loads(line(0, "/thing", form="caddy"))
    for sent, answered, host, kind in (
        ({}, {"Content-Type": ["application/json"]}, "example.com", FILE),
        ({"X-Requested-With": ["XMLHttpRequest"]}, {}, "example.com", FRAGMENT),
        ({"Sec-Fetch-Dest": ["iframe"]}, {}, "example.com", FRAGMENT),
        ({"Sec-Fetch-Dest": ["document"]}, {"Content-Type": ["text/html"]}, "www.example.com", ""),
        ({}, {}, "other.example", ELSEWHERE),
    ):
        headers = told["request"]["headers"] | sent
        request = told["request"] | {"headers": headers, "host": host}
        assert kind_of(read(json.dumps(told | {"request": request, "resp_headers": answered})), SITE, NOW_MS) == kind
    assert kind_of(read('::1 - - [22/Nov/2025:12:00:00 +0000] "\\x16" 400 1'), SITE, NOW_MS) == NOT_READABLE
