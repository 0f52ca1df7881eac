"""The visitor's pages: the state in words, the choice in one press, and what they never do."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from privacy_world import NOW, OPTED_OUT, SAME, SECRET, Rehearsal, T, Visit, flat, text_of

from collector.privacy.token import GOOD_SECONDS, make_token


@pytest.mark.parametrize(
    ("host", "headers", "words"),
    [
        ("shop.example", {}, "You are being counted Without a cookie: with a number"),
        ("shop.example", {"sec-gpc": "1"}, "You are not being measured Your browser sends Global Privacy Control."),
        ("shop.example", {"dnt": "1"}, "You are not being measured Your browser sends Do Not Track."),
        ("shop.example", OPTED_OUT, "You are not being measured You asked us not to."),
        ("shop.example", {"cookie": "footfall_optout=0"}, "You are being counted"),
        ("mixed.example", {"cookie": "footfall_consent=1.1.1.d.0"}, "not being measured You said no"),
        ("mixed.example", {"cookie": "footfall_consent=1.1.1.g.0"}, "being counted With a cookie, because you agreed"),
        ("asks.example", {}, "You are not being measured This site measures only with your consent"),
        ("plain.example", {"sec-gpc": "1", "dnt": "1"}, "You are being counted Without a cookie and without anything"),
        ("plain.example", {"sec-gpc": "1"}, "does not take that as a no; the button below is one"),
        ("frozen.example", {}, "You are not being measured Statistics are switched off"),
        ("shop.example", {"sec-purpose": "prefetch"}, "You are not being measured"),
        ("unknown.example", {"sec-gpc": "1"}, "You are not being measured Your browser sends Global Privacy Control."),
    ],
)
def test_the_page_says_in_words_whether_one_is_measured_and_why(host: str, headers: dict[str, str], words: str) -> None:
    assert words in text_of(Visit().ask(host=host, headers=headers))


def test_viewing_sets_no_cookie_and_is_not_kept_by_any_cache() -> None:
    answer = Visit(Rehearsal()).ask()
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Accept-Language, Cookie, Sec-GPC, DNT"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_viewing_renews_an_opt_out_and_nothing_else() -> None:
    holder = {"cookie": "footfall_optout=1; __Host-footfall_dsr=abcdefghijklmnopqrstuv"}
    answer = Visit(Rehearsal()).ask(headers=holder)
    told = answer.headers.get_list("set-cookie")
    assert told == ["footfall_optout=1; Max-Age=34560000; Path=/; SameSite=Lax; Secure"]


def test_the_page_loads_one_style_sheet_and_nothing_else() -> None:
    answer = Visit(Rehearsal()).ask()
    loaded = re.findall(r'<link rel="(?:stylesheet|icon)" href="([^"]*)"', answer.text)
    assert loaded == ["privacy/style.css"]
    assert not re.search(r"<script|<img|<iframe|\ssrc=|\sstyle=|<style|\son\w+=", answer.text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    style = Visit().ask(path="/privacy/style.css")
    assert style.headers["content-type"].startswith("text/css")
    known = {"if-none-match": style.headers["etag"]}
    assert Visit().ask(path="/privacy/style.css", headers=known).status_code == 304


def test_the_mirror_shows_what_is_kept_and_what_is_forgotten() -> None:
    referrer = "https://search.example/?q=secret"
    shown = text_of(Visit().ask(headers={"user-agent": "Mozilla/5.0 (Test)", "referer": referrer}))
    kept, forgotten = shown.split(T["mirror"]["forgotten"])
    assert "Page shop.example/" in kept
    assert "Your network address 203.0.113.9" in forgotten
    assert "Mozilla/5.0 (Test)" in forgotten
    assert referrer in forgotten
    for value in ("203.0.113.9", "Mozilla", "secret"):
        assert value not in kept


def test_the_mirror_of_who_declines_says_nothing_would_be_kept() -> None:
    assert T["mirror"]["declined"] in text_of(Visit().ask(headers=OPTED_OUT))
    assert T["mirror"]["counted"] in text_of(Visit().ask())


def test_the_mirror_of_a_refused_request_names_the_reason() -> None:
    shown = text_of(Visit().ask(headers={"user-agent": "a bot"}))
    assert "a request like this one is refused (bot)" in shown
    assert "You are not being measured" in shown
    assert "looks like a program" in shown


def test_what_a_visitor_sends_is_shown_as_text() -> None:
    evil = '"><svg onload=alert(1)>'
    answer = Visit().ask(headers={"user-agent": evil, "referer": f"https://a.example/{evil}"})
    assert "<svg onload" not in answer.text
    assert "onload=alert(1)&gt;" in answer.text


def test_the_rules_of_the_site_are_those_of_its_settings() -> None:
    shown = text_of(Visit().ask())
    assert "kept for 400 days (about 13 months)" in shown
    assert "Legal basis named by the site: legitimate interest." in shown
    assert "Europe/Berlin" in shown
    assert T["ways"]["gpc"] in shown
    plain = text_of(Visit().ask(host="plain.example"))
    assert T["ways"]["none"] in plain
    assert T["rules"]["basis_unset"] in plain


def test_other_hosts_of_a_site_are_named_with_links_and_never_chained() -> None:
    answer = Visit().ask(host="many.example", headers={"accept-language": "de"}, path="/privacy?lang=fr")
    links = re.findall(r'<li><a href="(https://[^"]*)">([^<]*)</a>', answer.text)
    assert links == [
        ("https://other.example/privacy?lang=fr", "other.example"),
        ("https://shop.many.example/privacy?lang=fr", "shop.many.example"),
    ]
    told = Visit().ask("POST", "/privacy/choice", "many.example", data={"choice": "optout"})
    assert told.headers["location"].startswith("../privacy?")


def test_the_last_self_audit_stands_at_the_foot_where_there_is_one() -> None:
    audited = Visit(audit="22 pass, 0 fail")
    assert "Last self-audit: 22 pass, 0 fail" in text_of(audited.ask(host="mixed.example"))
    assert "self-audit" not in text_of(audited.ask()), "this site has not asked for it"
    assert "self-audit" not in text_of(Visit().ask(host="mixed.example"))


def test_declining_takes_one_press_and_no_token() -> None:
    answer = Visit().ask("POST", "/privacy/choice", data={"choice": "optout"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "../privacy?done=optout"
    assert answer.headers["set-cookie"] == "footfall_optout=1; Max-Age=34560000; Path=/; SameSite=Lax; Secure"


def message_of(answer: httpx.Response) -> str:
    """What the page says at once, of what has just been done."""
    found = re.search(r'<div class="message" role="status" tabindex="-1" autofocus>(.*?)</div>', answer.text, re.DOTALL)
    return flat(re.sub(r"<[^>]*>", " ", found[1])) if found else ""


@pytest.mark.parametrize(
    ("path", "host", "headers", "name"),
    [
        ("?done=optout", "shop.example", OPTED_OUT, "optout"),
        ("?done=optin", "shop.example", {}, "optin"),
        ("?done=optout", "shop.example", {}, "blocked_decline"),
        ("?done=optout", "plain.example", {}, "blocked_ignore"),
        ("?done=granted", "mixed.example", {}, "blocked_consent"),
        ("?done=granted", "mixed.example", {"cookie": "footfall_consent=1.1.1.g.0"}, "granted"),
        ("?done=denied", "mixed.example", {"cookie": "footfall_consent=1.1.1.d.0"}, "denied"),
        ("?done=withdrawn", "mixed.example", {}, "withdrawn"),
        ("?done=away", "mixed.example", {}, "away"),
        ("?done=showing", "shop.example", {}, "cookieless"),
    ],
)
def test_after_a_choice_the_page_says_what_came_of_it(path: str, host: str, headers: dict[str, str], name: str) -> None:
    assert message_of(Visit().ask(path="/privacy" + path, host=host, headers=headers)).startswith(T["done"][name])


def test_where_cookies_are_blocked_the_page_says_that_nothing_is_measured_and_nothing_to_be_saved() -> None:
    answer = Visit().ask(path="/privacy?done=optout", headers=SAME)
    assert message_of(answer) == (
        "Your browser blocks cookies. On this site that already means nothing is measured; there is nothing to save."
    )
    assert "You are not being measured Your browser blocks cookies." in text_of(answer)
    assert T["choice"]["stop_note"] not in text_of(answer)


def test_where_a_site_counts_without_cookies_the_page_does_not_pretend_otherwise() -> None:
    answer = Visit().ask(path="/privacy?done=optout", host="counts.example")
    assert T["done"]["blocked_count"] in text_of(answer)
    assert T["done"]["blocked_pixel"] in text_of(answer)
    assert "You are being counted" in text_of(answer)
    assert T["choice"]["stop"] in text_of(answer)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("?done=<b>", {}),
        ("?done=optin", OPTED_OUT),
        ("?done=withdrawn", {"cookie": "footfall_consent=1.1.1.g.0"}),
        ("?done=optout", {"sec-fetch-site": "cross-site"}),
        ("?done=granted", {"sec-fetch-site": "cross-site"}),
        ("?done=erased", {}),
        ("?done=erased&receipt=forged.0", {}),
        ("?done=showing", {"sec-fetch-site": "cross-site"}),
    ],
)
def test_a_link_cannot_make_the_page_say_what_is_not_so(path: str, headers: dict[str, str]) -> None:
    assert message_of(Visit(Rehearsal()).ask(path="/privacy" + path, headers=headers)) == ""


def token_in(answer: httpx.Response) -> str:
    found = re.search(r'name="token" value="([^"]+)"', answer.text)
    assert found
    return found.group(1)


def test_allowing_again_takes_the_token_of_the_page() -> None:
    token = token_in(Visit().ask(headers=OPTED_OUT))
    answer = Visit().ask("POST", "/privacy/choice", data={"choice": "optin", "token": token}, headers=SAME)
    assert (answer.status_code, answer.headers["location"]) == (303, "../privacy?done=optin")
    assert answer.headers["set-cookie"].startswith("footfall_optout=0; Max-Age=34560000;")


FORGERIES: tuple[tuple[dict[str, str], dict[str, str], int], ...] = (
    (SAME, {}, 0),
    (SAME, {"token": "1.2"}, 0),
    (SAME, {"token": make_token(b"another installation's secret", NOW)}, 0),
    (SAME, {"token": make_token(SECRET, NOW)}, GOOD_SECONDS + 1),
    (SAME, {"token": make_token(SECRET, NOW + 60)}, 0),
    ({"sec-fetch-site": "cross-site"}, {"token": make_token(SECRET, NOW)}, 0),
    ({"sec-fetch-site": "same-site"}, {"token": make_token(SECRET, NOW)}, 0),
    ({"origin": "https://evil.example"}, {"token": make_token(SECRET, NOW)}, 0),
    ({"origin": "null"}, {"token": make_token(SECRET, NOW)}, 0),
    ({}, {"token": make_token(SECRET, NOW)}, 0),
)


@pytest.mark.parametrize(("headers", "form", "seconds"), FORGERIES)
def test_allowing_again_cannot_be_forged(headers: dict[str, str], form: dict[str, str], seconds: int) -> None:
    visit = Visit(now=NOW + seconds)
    answer = visit.ask("POST", "/privacy/choice", data={"choice": "optin", **form}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert message_of(answer) == T["done"]["repeat"]


@pytest.mark.parametrize("act", ["erase", "restrict", "correct", "show", "end", "see", "json", "csv", "erase_shown"])
@pytest.mark.parametrize(("headers", "form", "seconds"), FORGERIES)
def test_nothing_is_done_about_records_that_was_not_pressed_on_our_page(
    act: str, headers: dict[str, str], form: dict[str, str], seconds: int
) -> None:
    rights = Rehearsal()
    told = {"cookie": "__Host-footfall_dsr=abcdefghijklmnopqrstuv", **headers}
    answer = Visit(rights, now=NOW + seconds).ask("POST", "/privacy/records", data={"act": act, **form}, headers=told)
    assert answer.status_code == 403
    assert rights.calls == []
    assert "set-cookie" not in answer.headers


def test_an_older_browser_proves_itself_by_its_origin() -> None:
    form = {"choice": "optin", "token": make_token(SECRET, NOW)}
    answer = Visit().ask("POST", "/privacy/choice", data=form, headers={"origin": "https://shop.example"})
    assert answer.status_code == 303


@pytest.mark.parametrize("content", [b"", b"choice=", b"choice=erase", b"x" * 100_000, b"\xff\xfe", b"&" * 1000])
def test_no_choice_is_no_choice(content: bytes) -> None:
    answer = Visit().ask("POST", "/privacy/choice", content=content)
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


def test_the_choice_is_never_made_by_get() -> None:
    for path in ("choice?choice=optout", "heal", "records?act=erase", "ask"):
        assert Visit(Rehearsal()).ask(path=f"/privacy/{path}").status_code == 405


def test_healing_sets_the_opt_out_again_and_nothing_else() -> None:
    answer = Visit().ask("POST", "/privacy/heal", headers=SAME)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["set-cookie"].startswith("footfall_optout=1;")
    assert "set-cookie" not in Visit().ask("POST", "/privacy/heal", headers={"sec-fetch-site": "cross-site"}).headers


@pytest.mark.parametrize(
    ("host", "base_url", "is_secure"),
    [
        ("shop.example", "", True),
        ("localhost:8000", "", False),
        ("127.0.0.1:8000", "", False),
        ("127.0.0.1:8000", "http://127.0.0.1:8000", False),
        ("localhost", "https://shop.example", True),
        ("192.168.1.5", "", True),
    ],
)
def test_only_on_plain_loopback_does_a_cookie_go_without_secure(host: str, base_url: str, is_secure: bool) -> None:
    visit = Visit(base_url=base_url)
    answer = visit.ask("POST", "/privacy/choice", host, data={"choice": "optout"}, scheme="http")
    assert ("Secure" in answer.headers["set-cookie"]) is is_secure


def test_gpc_is_declared_as_honoured() -> None:
    answer = Visit().ask(path="/.well-known/gpc.json")
    assert answer.headers["content-type"] == "application/json"
    told: dict[str, Any] = answer.json()
    assert told["gpc"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", told["lastUpdate"])
