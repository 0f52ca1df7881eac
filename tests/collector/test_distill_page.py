"""Which page it was, and whether it is one of the site's own."""

from __future__ import annotations

from typing import Any

import pytest
from distill_world import arrive, case_rows, event, outcome, refusal, site
from hypothesis import given
from hypothesis import strategies as st

from clickhouse.rows import Reason, Refusal
from collector.distill.url import Parts, remembering, split
from registry.site import Site

SPLIT_KNOWN = remembering(size=64, longest=50)

# Rows where Plausible keeps what we do not, on purpose.
OURS_DIFFERS = {
    "url-006": "a fragment is a route only behind `#/`; `#page-a` is a place on the page, and may hold anything",
    "url-016": "the same",
    "url-009": "a file on somebody's machine is no page of the site, and its path names its owner",
    "url-010": "nor is a browser extension",
    "url-019": "the endpoint refuses a URL of more than 2,000 bytes before anything reads it",
    "url-020": "a bare path is the site's own host, so that one page has one name",
}


def plausible_site(row: dict[str, Any]) -> Site:
    host = split(row["input"]["url"]).host.removeprefix("www.")
    return site(host=host or row["input"]["domain"], hash_routes=bool(row["input"].get("hash_mode")))


def test_urls_are_read_as_plausible_reads_them() -> None:
    wrong = []
    for row in case_rows("urls"):
        if row["dialect"] != "plausible" or row["id"] in OURS_DIFFERS:
            continue
        found = event(arrive(row["input"]["url"]), plausible_site(row))
        seen = {"hostname": found.hostname, "pathname": found.path, "utm_source": found.utm_source}
        seen |= {"domains": [found.hostname]}
        wrong += [(row["id"], key, want, seen[key]) for key, want in row["expected"].items() if seen[key] != want]
    assert not wrong


def test_where_we_differ_from_plausible_we_keep_less() -> None:
    rows = {row["id"]: row for row in case_rows("urls")}
    seen = {}
    for name in OURS_DIFFERS:
        result = outcome(arrive(rows[name]["input"]["url"][:2000]), plausible_site(rows[name]))
        seen[name] = result.reason if isinstance(result, Refusal) else (result.hostname, result.path)
    assert seen == {
        "url-006": ("example.com", "/"),
        "url-016": ("dummy.site", "/pictures/index.html"),
        "url-009": Reason.SCHEME,
        "url-010": Reason.SCHEME,
        "url-019": ("dummy.site", "/[long]"),
        "url-020": ("foo.example.com", "/no/hostname"),
    }


URLS = [
    ("https://User:pw@WWW.Example.com.:8443/a?b=1#c", Parts("https", "www.example.com", "/a", "b=1", "c")),
    ("  http://example.com/pa\nth ", Parts("http", "example.com", "/path", "", "")),
    ("HTTP://[2001:db8::1]:80/x", Parts("http", "2001:db8::1", "/x", "", "")),
    ("https://example.com\\@evil.example/", Parts("https", "example.com", "\\@evil.example/", "", "")),
    ("https:://twitter.com", Parts("https", "", "://twitter.com", "", "")),
    ("//example.com/a", Parts("", "example.com", "/a", "", "")),
    ("/a?b", Parts("", "", "/a", "b", "")),
    ("", Parts("", "", "", "", "")),
    ("data:text/html,hi", Parts("data", "", "text/html,hi", "", "")),
]


@pytest.mark.parametrize(("url", "parts"), URLS)
def test_a_url_is_taken_apart(url: str, parts: Parts) -> None:
    assert split(url) == parts


@given(
    st.text(st.sampled_from("https:/?#@[]\\.ab \t\n\x1f\u2028%"), max_size=40), st.sampled_from(("", "?", "?q", "#x"))
)
def test_what_is_remembered_of_urls_changes_nothing(text: str, rest: str) -> None:
    for url in (text, text + rest, "https://example.com/" + text + rest):
        assert SPLIT_KNOWN(url) == split(url)
        assert SPLIT_KNOWN(url) == split(url)


HOSTS = [
    ("https://example.com/", {}, None),
    ("https://www.example.com/", {}, None),
    ("https://WWW.EXAMPLE.COM:8443/", {}, None),
    ("https://blog.example.com/", {}, "wrong_host"),
    ("https://blog.example.com/", {"hosts": ("*.example.com",)}, None),
    ("https://a.b.example.com/", {"hosts": ("*.example.com",)}, None),
    ("https://badexample.com/", {"hosts": ("*.example.com",)}, "wrong_host"),
    ("https://example.com.evil.example/", {}, "wrong_host"),
    ("https://example.com@evil.example/", {}, "wrong_host"),
    ("https://www.shop.example/", {"hosts": ("shop.example",)}, None),
    ("https://shop.example/", {"hosts": ("www.shop.example",)}, None),
    ("https://old.example/", {"alias": ("old.example", "1f1d6d1c")}, None),
    ("/bare/path", {}, None),
    ("//example.com/path", {}, None),
    ("//evil.example/path", {}, "wrong_host"),
    ("https:", {}, "wrong_host"),
    ("https:///path", {}, "wrong_host"),
    ("ftp://example.com/", {}, "scheme"),
    ("about:blank", {}, "scheme"),
    ("bare", {}, "scheme"),
]


@pytest.mark.parametrize(("url", "settings", "reason"), HOSTS)
def test_only_the_sites_own_hosts_count(url: str, settings: dict[str, Any], reason: str | None) -> None:
    result = outcome(arrive(url), site(**settings))
    assert (result.reason if isinstance(result, Refusal) else None) == reason


ORIGINS = [
    (None, "js", None),
    ("example.com", "js", None),
    ("WWW.example.com", "js", None),
    ("evil.example", "js", Reason.WRONG_HOST),
    ("null", "js", Reason.WRONG_HOST),
    ("evil.example", "server", None),
]


@pytest.mark.parametrize(("origin", "transport", "reason"), ORIGINS)
def test_a_foreign_page_cannot_speak_for_the_site(origin: str | None, transport: str, reason: Reason | None) -> None:
    result = outcome(arrive(origin=origin, transport=transport))
    assert (result.reason if isinstance(result, Refusal) else None) == reason


def test_a_host_under_a_wildcard_is_shown_but_scrubbed() -> None:
    where = site(hosts=("*.example.com",))
    assert event(arrive("https://shop.example.com/"), where).hostname == "shop.example.com"
    found = event(arrive("https://550e8400-e29b-41d4-a716-446655440000.example.com/"), where)
    assert found.hostname == "[uuid].example.com"


def test_a_site_that_was_opened_by_an_address_is_told_by_its_name() -> None:
    assert event(arrive("http://127.0.0.1:8001/"), site(hosts=("127.0.0.1",))).hostname == site().host


ROUTES = [
    ("https://example.com/app#/inbox/42?x=1", "/#/inbox/42", ""),
    ("https://example.com/app?page=1#!/users/jane?tab=2", "/#/users/[user]", "page=1&tab=2"),
    ("https://example.com/app#section", "/app", ""),
    ("https://example.com/app#access_token=abc", "/app", ""),
]


@pytest.mark.parametrize(("url", "path", "query"), ROUTES)
def test_a_route_behind_the_hash_is_a_path_where_the_site_says_so(url: str, path: str, query: str) -> None:
    found = event(arrive(url), site(hash_routes=True, keep_query=("page", "tab")))
    assert (found.path, found.query) == (path, query)
    assert event(arrive(url)).path == "/app"


QUERIES = [
    ("a=1&b=2", ("b", "a"), "b=2&a=1"),
    ("a=1&a=2", ("a",), "a=1"),
    ("A=1", ("a",), "a=1"),
    ("a=x%26y%3D1%25", ("a",), "a=x%26y%3D1%25"),
    ("a=&b", ("a", "b"), "a=&b="),
    ("PHPSESSID=7&sid=1", ("phpsessid", "sid"), ""),
    ("email=x&token=1", ("email", "token"), "email=[redacted]&token=[redacted]"),
    ("a=" + "x" * 200, ("a",), "a=" + "x" * 100),
    ("a=1", (), ""),
]


@pytest.mark.parametrize(("raw", "keep", "kept"), QUERIES)
def test_of_the_query_only_what_the_site_names_is_kept(raw: str, keep: tuple[str, ...], kept: str) -> None:
    assert event(arrive(f"https://example.com/?{raw}"), site(keep_query=keep)).query == kept


CLICKS = [
    ("gclid=x", "google"),
    ("FBCLID=x", "meta"),
    ("msclkid=x", "microsoft"),
    ("gbraid=x", "google"),
    ("li_fat_id=x", "linkedin"),
    ("_hsenc=x", "hubspot"),
    ("twclid=x&gclid=y", "x"),
    ("clid=x", ""),
]


@pytest.mark.parametrize(("query", "network"), CLICKS)
def test_a_click_id_becomes_the_name_of_its_network(query: str, network: str) -> None:
    found = event(arrive(f"https://example.com/?{query}"), site(keep_query=("gclid", "fbclid")))
    assert (found.click, found.query) == (network, "")


def test_titles_are_kept_only_where_the_site_asks_and_then_scrubbed() -> None:
    arrival = arrive(title="Inbox (3) - jane@corp.com - Mail")
    assert event(arrival).title == ""
    assert event(arrival, site(titles=True)).title == "Inbox (3) - [email] - Mail"


def test_a_foreign_host_is_told_before_anything_else() -> None:
    where = site(state="frozen", mode="hybrid")
    assert refusal(arrive("https://evil.example/", agent="curl/8"), where).reason == Reason.WRONG_HOST
