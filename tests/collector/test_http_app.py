"""The whole collector as one app: what an event meets, what a visitor's choice does, which cookies exist."""

from __future__ import annotations

import asyncio
import itertools
import re
import tracemalloc
from pathlib import Path
from typing import Any

import httpx
import pytest
from collector_world import BROWSER, open_collector

COOKIES_ALLOWED = {"footfall_optout"}


def test_an_event_goes_through_the_pipeline_into_the_spool(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_collector(tmp_path) as collector:
            answer = await collector.send(
                u="https://www.example.com/a?utm_source=x&secret=1", r="https://www.google.com/"
            )
            assert (answer.status_code, answer.text) == (202, "ok")
            (event,) = collector.events()
            assert (event.site_id, event.hostname, event.path, event.utm_source) == (1, "example.com", "/a", "x")
            assert event.visitor_id

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("headers", "fields", "reason"),
    [
        ({"sec-gpc": "1"}, {}, "gpc"),
        ({"dnt": "1"}, {}, "dnt"),
        ({"cookie": "footfall_optout=1"}, {}, "optout"),
        ({}, {"ck": 0}, "cookies_off"),
        ({"user-agent": "Googlebot/2.1"}, {}, "bot"),
        ({"sec-purpose": "prefetch"}, {}, "bot"),
        ({"origin": "https://evil.example"}, {}, "wrong_host"),
        ({"origin": "null"}, {}, "wrong_host"),
        ({}, {"u": "https://evil.example/", "d": "example.com"}, "wrong_host"),
        ({}, {"d": "nobody.example"}, "unknown_site"),
    ],
)
def test_what_the_pipeline_refuses_is_not_in_the_spool(
    tmp_path: Path, headers: dict[str, str], fields: dict[str, Any], reason: str
) -> None:
    async def scenario() -> None:
        async with open_collector(tmp_path) as collector:
            answer = await collector.send(headers, **fields)
            assert (answer.status_code, answer.headers["x-refused"]) == (202, reason)
            assert "set-cookie" not in answer.headers
            assert collector.events() == []

    asyncio.run(scenario())


def test_the_state_on_the_privacy_page_is_what_happens_to_an_event(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_collector(tmp_path) as collector:
            for headers in ({}, {"sec-gpc": "1"}, {"dnt": "1"}, {"cookie": "footfall_optout=1"}):
                page = await collector.ask("GET", "/privacy", headers=headers)
                event = await collector.send(headers)
                assert ("You are being counted" in page.text) is ("x-refused" not in event.headers)

    asyncio.run(scenario())


def test_an_opt_out_made_on_the_page_stops_the_very_next_event(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_collector(tmp_path) as collector:
            transport = httpx.ASGITransport(collector.app)
            headers = {"user-agent": BROWSER}
            async with httpx.AsyncClient(
                transport=transport, base_url="https://example.com", headers=headers
            ) as visitor:

                async def refused() -> str:
                    told = {"content-type": "text/plain"}
                    body = b'{"n":"pageview","u":"https://example.com/"}'
                    return str((await visitor.post("/e", content=body, headers=told)).headers.get("x-refused"))

                assert await refused() == "None"
                page = await visitor.post("/privacy/choice", data={"choice": "optout"}, follow_redirects=True)
                assert page.url.path == "/privacy"
                assert "You are not being measured" in page.text
                assert await refused() == "optout"
                token = re.search(r'name="token" value="([^"]+)"', page.text)
                assert token
                form = {"choice": "optin", "token": token[1]}
                page = await visitor.post(
                    "/privacy/choice", data=form, headers={"sec-fetch-site": "same-origin"}, follow_redirects=True
                )
                assert "You are being counted" in page.text
                assert await refused() == "None"

    asyncio.run(scenario())


BODIES = (b"", b"choice=optout", b'{"n":"pageview","u":"https://example.com/"}', b"[]")


def test_every_cookie_of_every_route_is_first_party_and_known(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_collector(tmp_path) as collector:
            routes = {route.path.replace("{hash}", "0") for route in collector.app._router.routes}
            setters = set()
            for path in sorted(routes | {"/e", "/api/event", "/nowhere"}):
                for method, cookie in itertools.product(("GET", "POST", "OPTIONS"), ("", "footfall_optout=1")):
                    for body in BODIES if method == "POST" else BODIES[:1]:
                        headers = {"cookie": cookie, "content-type": "text/plain", "sec-gpc": "1"}
                        answer = await collector.ask(method, path, headers=headers, content=body)
                        for told in answer.headers.get_list("set-cookie"):
                            check_cookie(told)
                            setters.add(path)
            assert setters == {"/privacy", "/privacy/choice", "/privacy/heal", "/s.js"}

    asyncio.run(scenario())


def check_cookie(told: str) -> None:
    first, *attributes = [part.strip() for part in told.split(";")]
    assert first.split("=")[0] in COOKIES_ALLOWED
    assert first.split("=")[1] in ("0", "1")
    marks = {part.split("=")[0].lower(): part.partition("=")[2] for part in attributes}
    assert marks["path"] == "/"
    assert marks["samesite"] == "Lax"
    assert int(marks["max-age"]) <= 34_560_000
    assert "secure" in marks
    assert "domain" not in marks


@pytest.mark.parametrize("base", ["", "/_f"])
@pytest.mark.parametrize("prefix", ["", "/_f"])
def test_everything_works_behind_a_base_path_stripped_or_not(tmp_path: Path, base: str, prefix: str) -> None:
    if prefix and not base:
        return

    async def scenario() -> None:
        async with open_collector(tmp_path, {"FOOTFALL_BASE_URL": f"https://example.com{base}"}) as collector:
            for path in ("/privacy", "/privacy/style.css", "/s.js", "/healthz", "/.well-known/gpc.json"):
                assert (await collector.ask("GET", prefix + path)).status_code == 200, path
            body = b'{"n":"pageview","u":"https://example.com/"}'
            for path in ("/e", "/api/event"):
                told = {"content-type": "text/plain"}
                assert (await collector.ask("POST", prefix + path, content=body, headers=told)).status_code == 202

    asyncio.run(scenario())


def test_what_is_not_ours_goes_to_the_dashboard_and_without_one_nowhere(tmp_path: Path) -> None:
    async def dashboard(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": f"dashboard {scope['path']}".encode()})

    async def scenario() -> None:
        async with open_collector(tmp_path, otherwise=dashboard) as collector:
            assert (await collector.ask("GET", "/sites/example.com")).text == "dashboard /sites/example.com"
        async with open_collector(tmp_path) as collector:
            assert (await collector.ask("GET", "/sites/example.com")).status_code == 404

    asyncio.run(scenario())


def test_bodies_full_of_unknown_keys_leave_nothing_in_memory(tmp_path: Path) -> None:
    body = b'{"n":"pageview","u":"https://example.com/",' + b",".join(b'"%05d":1' % n for n in range(6100)) + b"}"
    assert 60_000 < len(body) < 65_536

    async def scenario() -> None:
        async with open_collector(tmp_path) as collector:
            told = {"content-type": "text/plain"}
            await collector.ask("POST", "/e", content=body, headers=told)
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(50):
                assert (await collector.ask("POST", "/e", content=body, headers=told)).status_code == 202
            assert tracemalloc.get_traced_memory()[0] - before < 1_000_000
            tracemalloc.stop()

    asyncio.run(scenario())
