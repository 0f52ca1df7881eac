"""The visitor's pages: the state in words, the choice in one press, and what they never do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from http_world import Town, decide_by_name
from starlette.routing import Router

from clickhouse.rows import Event, Reason, Refusal
from collector.address import Proxies
from collector.arrival import Arrival
from collector.privacy.pages import Pages
from collector.privacy.texts import TEXTS
from collector.privacy.token import GOOD_SECONDS, is_good, make_token
from registry.site import Site

SECRET = b"s" * 32
NOW = 1_763_820_000
OPTED_OUT = {"cookie": "footfall_optout=1"}
SAME = {"sec-fetch-site": "same-origin"}
SITES = (
    Site(id=1, host="shop.example", timezone="Europe/Berlin", retention_days=400, legal_basis="legitimate_interest"),
    Site(id=2, host="asks.example", mode="consent_only", legal_basis="consent"),
    Site(id=3, host="plain.example", mode="none", gpc="ignore", dnt="ignore", cookies_disabled="ignore"),
    Site(id=4, host="frozen.example", state="frozen"),
    Site(id=5, host="mixed.example", mode="hybrid", legal_basis="consent"),
)


def mirrored(arrival: Arrival, site: Site, now_ms: int) -> Event | Refusal:
    if "bot" in arrival.agent:
        return Refusal(Reason.BOT)
    event = decide_by_name(arrival, site, now_ms)
    assert isinstance(event, Event)
    return event


def ask(
    method: str = "GET",
    path: str = "/privacy",
    host: str = "shop.example",
    *,
    base_url: str = "",
    scheme: str = "https",
    headers: Mapping[str, str] = {},
    data: Mapping[str, str] | None = None,
    content: bytes | None = None,
    now: float = NOW,
) -> httpx.Response:
    async def ask() -> httpx.Response:
        proxies = Proxies([])
        pages = Pages(
            sites=Town(*SITES), distill=mirrored, proxies=proxies, secret=SECRET, base_url=base_url, now=lambda: now
        )
        transport = httpx.ASGITransport(Router(pages.routes()), client=("203.0.113.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://{host}") as client:
            return await client.request(method, path, headers=dict(headers), data=data, content=content)

    return asyncio.run(ask())


def text_of(answer: httpx.Response) -> str:
    """What a reader sees."""
    shown = re.sub(r"<(style|svg|title).*?</\1>|<[^>]*>", " ", answer.text, flags=re.DOTALL)
    return " ".join(shown.replace("&#39;", "'").split())


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
        ("frozen.example", {}, "You are not being measured Statistics are switched off"),
        ("shop.example", {"sec-purpose": "prefetch"}, "You are not being measured"),
        ("unknown.example", {"sec-gpc": "1"}, "You are not being measured Your browser sends Global Privacy Control."),
    ],
)
def test_the_page_says_in_words_whether_one_is_measured_and_why(host: str, headers: dict[str, str], words: str) -> None:
    assert words in text_of(ask(host=host, headers=headers))


def test_viewing_sets_no_cookie_and_is_not_kept_by_any_cache() -> None:
    answer = ask()
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Cookie, Sec-GPC, DNT"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_viewing_renews_an_opt_out() -> None:
    answer = ask(headers=OPTED_OUT)
    assert answer.headers["set-cookie"] == "footfall_optout=1; Max-Age=34560000; Path=/; SameSite=Lax; Secure"


def test_the_page_loads_one_style_sheet_and_nothing_else() -> None:
    answer = ask()
    assert re.findall(r'(?:src|href)="([^"]*)"', answer.text) == ["privacy/style.css"]
    assert not re.search(r"<script|\sstyle=|<style|\son\w+=", answer.text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    style = ask(path="/privacy/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert ask(path="/privacy/style.css", headers={"if-none-match": style.headers["etag"]}).status_code == 304


def test_the_mirror_shows_what_is_kept_and_what_is_forgotten() -> None:
    referrer = "https://search.example/?q=secret"
    shown = text_of(ask(headers={"user-agent": "Mozilla/5.0 (Test)", "referer": referrer}))
    kept, forgotten = shown.split(TEXTS["forgotten"])
    assert "Page shop.example/" in kept
    assert "Your network address 203.0.113.9" in forgotten
    assert "Mozilla/5.0 (Test)" in forgotten
    assert referrer in forgotten
    for value in ("203.0.113.9", "Mozilla", "secret"):
        assert value not in kept


def test_the_mirror_of_who_declines_says_nothing_would_be_kept() -> None:
    assert TEXTS["mirror_declined"] in text_of(ask(headers=OPTED_OUT))
    assert TEXTS["mirror_counted"] in text_of(ask())


def test_the_mirror_of_a_refused_request_names_the_reason() -> None:
    assert "a request like this one is refused (bot)" in text_of(ask(headers={"user-agent": "a bot"}))


def test_who_declined_nothing_and_is_refused_is_not_told_to_be_counted() -> None:
    shown = text_of(ask(headers={"user-agent": "a bot"}))
    assert "You are not being measured" in shown
    assert "looks like a program" in shown


def test_what_a_visitor_sends_is_shown_as_text() -> None:
    evil = '"><svg onload=alert(1)>'
    answer = ask(headers={"user-agent": evil, "referer": f"https://a.example/{evil}"})
    assert "<svg onload" not in answer.text
    assert "onload=alert(1)&gt;" in answer.text


def test_the_rules_of_the_site_are_those_of_its_settings() -> None:
    shown = text_of(ask())
    assert "kept for 400 days" in shown
    assert "legitimate interest" in shown
    assert "Europe/Berlin" in shown
    assert TEXTS["way_gpc"] in shown
    assert TEXTS["way_gpc"] not in text_of(ask(host="plain.example"))


def test_declining_takes_one_press_and_no_token() -> None:
    answer = ask("POST", "/privacy/choice", data={"choice": "optout"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "../privacy?done=optout"
    assert answer.headers["set-cookie"] == "footfall_optout=1; Max-Age=34560000; Path=/; SameSite=Lax; Secure"


def test_after_declining_the_page_says_it_is_done() -> None:
    assert TEXTS["done_optout"] in text_of(ask(path="/privacy?done=optout", headers=OPTED_OUT))
    assert "blocks cookies" in text_of(ask(path="/privacy?done=optout"))
    assert TEXTS["done_optin"] in text_of(ask(path="/privacy?done=optin"))
    assert "role=" not in ask(path="/privacy?done=<b>").text


def token_in(answer: httpx.Response) -> str:
    found = re.search(r'name="token" value="([^"]+)"', answer.text)
    assert found
    return found.group(1)


def test_allowing_again_takes_the_token_of_the_page() -> None:
    token = token_in(ask(headers=OPTED_OUT))
    answer = ask("POST", "/privacy/choice", data={"choice": "optin", "token": token}, headers=SAME)
    assert (answer.status_code, answer.headers["location"]) == (303, "../privacy?done=optin")
    assert answer.headers["set-cookie"].startswith("footfall_optout=0; Max-Age=34560000;")


@pytest.mark.parametrize(
    ("headers", "form", "seconds"),
    [
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
    ],
)
def test_allowing_again_cannot_be_forged(headers: dict[str, str], form: dict[str, str], seconds: int) -> None:
    answer = ask("POST", "/privacy/choice", data={"choice": "optin", **form}, headers=headers, now=NOW + seconds)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert TEXTS["please_repeat"].split(".")[0] in text_of(answer)


def test_an_older_browser_proves_itself_by_its_origin() -> None:
    form = {"choice": "optin", "token": make_token(SECRET, NOW)}
    answer = ask("POST", "/privacy/choice", data=form, headers={"origin": "https://shop.example"})
    assert answer.status_code == 303


@pytest.mark.parametrize("content", [b"", b"choice=", b"choice=erase", b"x" * 100_000, b"\xff\xfe", b"&" * 1000])
def test_no_choice_is_no_choice(content: bytes) -> None:
    answer = ask("POST", "/privacy/choice", content=content)
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


def test_the_choice_is_never_made_by_get() -> None:
    assert ask(path="/privacy/choice?choice=optout").status_code == 405
    assert ask(path="/privacy/heal").status_code == 405


def test_healing_sets_the_opt_out_again_and_nothing_else() -> None:
    answer = ask("POST", "/privacy/heal", headers=SAME)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["set-cookie"].startswith("footfall_optout=1;")
    assert "set-cookie" not in ask("POST", "/privacy/heal", headers={"sec-fetch-site": "cross-site"}).headers


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
    answer = ask("POST", "/privacy/choice", host, base_url=base_url, data={"choice": "optout"}, scheme="http")
    assert ("Secure" in answer.headers["set-cookie"]) is is_secure


def test_gpc_is_declared_as_honoured() -> None:
    answer = ask(path="/.well-known/gpc.json")
    assert answer.headers["content-type"] == "application/json"
    told: dict[str, Any] = answer.json()
    assert told["gpc"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", told["lastUpdate"])


@pytest.mark.parametrize(
    "token", ["", ".", "1.", "x.y", "9" * 50 + ".a", f"{NOW}.é", f"²{NOW}.a", make_token(SECRET, NOW) + "0"]
)
def test_junk_is_no_token(token: str) -> None:
    assert not is_good(token, SECRET, NOW)


def test_a_token_is_good_for_an_hour_and_says_nothing_of_the_visitor() -> None:
    token = make_token(SECRET, NOW)
    assert is_good(token, SECRET, NOW)
    assert is_good(token, SECRET, NOW + GOOD_SECONDS)
    assert not is_good(token, SECRET, NOW + GOOD_SECONDS + 1)
    assert token == make_token(SECRET, NOW)


def test_no_text_promises_what_a_setting_may_change() -> None:
    """Placeholders stand where settings speak; a stray figure would be a promise that nobody keeps."""
    figures = {key for key, text in TEXTS.items() if re.search(r"\d", text)}
    assert not figures
