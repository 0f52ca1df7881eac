"""The whole collector as one ASGI app, with its real pipeline and a real spool: routes, cookies, faults, logs."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from http_world import Town

from clickhouse.rows import Event
from collector import log as quiet
from collector.app import create_collector
from collector.distill import Tools, open_tools
from collector.health import Condition
from collector.settings import load
from collector.spool import Committer, Spool
from collector.spool.reader import Reader
from collector.spool.record import KeptEvent, decode, encode_refusals
from collector.tag import Tag
from collector.tally import Tally
from registry.site import Site

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
CANARY = "canary7f3a"
CANARY_ADDRESS = "203.0.113.77"
SITES = (
    Site(id=1, host="example.com", hosts=("*.example.com",)),
    Site(id=2, host="counted.example", mode="none", gpc="ignore", dnt="ignore", cookies_disabled="ignore"),
)
COOKIES_ALLOWED = {"footfall_optout"}


@pytest.fixture(scope="module")
def tools() -> Tools:
    return open_tools(lambda _site, _day: b"salt" * 8)


class Collector:
    """An open collector: `ask` it, then look what its spool holds."""

    def __init__(self, app: Any, tally: Tally, spool: Path, peer: str) -> None:
        self.app = app
        self.tally = tally
        self._spool = spool
        self._peer = peer

    async def ask(self, method: str, path: str, host: str = "example.com", **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(self._peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"https://{host}") as client:
            headers = {"user-agent": BROWSER, "accept-encoding": "identity", **options.pop("headers", {})}
            return await client.request(method, path, headers=headers, **options)

    async def send(self, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        event = {"n": "pageview", "u": "https://example.com/", **fields}
        told = {"content-type": "text/plain", **(headers or {})}
        return await self.ask("POST", "/e", content=msgspec.json.encode(event), headers=told)

    def events(self) -> list[Event]:
        reader = Reader(self._spool)
        kept: list[Event] = []
        while reader.peek() is not None:
            for record in reader.take().records():
                decoded = decode(record)
                if isinstance(decoded, KeptEvent):
                    kept.append(decoded.event)
        return kept


@pytest.fixture
def opened(tmp_path: Path, tools: Tools) -> Callable[..., Any]:
    @asynccontextmanager
    async def opened(
        environ: dict[str, str] | None = None,
        peer: str = "127.0.0.1",
        condition: Condition = Condition(),  # noqa: B008 - frozen
        otherwise: Any = None,
        broken: bool = False,
    ) -> AsyncIterator[Collector]:
        settings = load(environ or {})
        spool = Spool.open(tmp_path / "spool")
        committer = Committer(spool)
        tally = Tally(encode_refusals)
        town = Town(*SITES)

        def fail(_text: str) -> Any:
            raise ValueError(f"cannot read {_text}")

        app = create_collector(
            settings,
            snapshot=town,
            tools=msgspec.structs.replace(tools, agent=fail) if broken else tools,
            keep=committer.keep,
            tally=tally,
            condition=lambda: condition,
            secret=b"s" * 32,
            tag=Tag(town, settings.base_url),
            otherwise=otherwise,
        )
        try:
            yield Collector(app, tally, tmp_path / "spool", peer)
        finally:
            await committer.close()

    return opened


def test_an_event_goes_through_the_pipeline_into_the_spool(opened: Callable[..., Any]) -> None:
    async def scenario() -> None:
        async with opened() as collector:
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
    opened: Callable[..., Any], headers: dict[str, str], fields: dict[str, Any], reason: str
) -> None:
    async def scenario() -> None:
        async with opened() as collector:
            answer = await collector.send(headers, **fields)
            assert (answer.status_code, answer.headers["x-refused"]) == (202, reason)
            assert "set-cookie" not in answer.headers
            assert collector.events() == []

    asyncio.run(scenario())


def test_the_state_on_the_privacy_page_is_what_happens_to_an_event(opened: Callable[..., Any]) -> None:
    async def scenario() -> None:
        async with opened() as collector:
            for headers in ({}, {"sec-gpc": "1"}, {"dnt": "1"}, {"cookie": "footfall_optout=1"}):
                page = await collector.ask("GET", "/privacy", headers=headers)
                event = await collector.send(headers)
                assert ("You are being counted" in page.text) is ("x-refused" not in event.headers)

    asyncio.run(scenario())


def test_an_opt_out_made_on_the_page_stops_the_very_next_event(opened: Callable[..., Any]) -> None:
    async def scenario() -> None:
        async with opened() as collector:
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


ROUTES = [
    ("POST", "/e"), ("GET", "/e"), ("OPTIONS", "/e"), ("POST", "/api/event"), ("GET", "/s.js"), ("GET", "/s.0.js"),
    ("GET", "/privacy"), ("POST", "/privacy/choice"), ("POST", "/privacy/heal"), ("GET", "/privacy/style.css"),
    ("GET", "/.well-known/gpc.json"), ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"), ("GET", "/nowhere"),
]  # fmt: skip


def test_every_cookie_of_every_route_is_first_party_and_known(opened: Callable[..., Any]) -> None:
    async def scenario() -> None:
        async with opened() as collector:
            listed = {route.path for route in collector.app._router.routes} | {"/e", "/api/event"}
            walked = {re.sub(r"/s\.0\.js", "/s.{hash}.js", path) for _, path in ROUTES}
            assert listed <= walked
            seen = 0
            for method, path in ROUTES:
                for cookie in ("", "footfall_optout=1"):
                    for body in (b"choice=optout", b'{"n":"pageview","u":"https://example.com/"}'):
                        headers = {"cookie": cookie, "content-type": "text/plain", "sec-gpc": "1"}
                        content = body if method == "POST" else None
                        answer = await collector.ask(method, path, headers=headers, content=content)
                        for told in answer.headers.get_list("set-cookie"):
                            seen += 1
                            check_cookie(told)
            assert seen

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
def test_everything_works_behind_a_base_path_stripped_or_not(
    opened: Callable[..., Any], base: str, prefix: str
) -> None:
    if prefix and not base:
        return

    async def scenario() -> None:
        async with opened({"FOOTFALL_BASE_URL": f"https://example.com{base}"}) as collector:
            for path in ("/privacy", "/privacy/style.css", "/s.js", "/healthz", "/.well-known/gpc.json"):
                assert (await collector.ask("GET", prefix + path)).status_code == 200, path
            body = b'{"n":"pageview","u":"https://example.com/"}'
            for path in ("/e", "/api/event"):
                told = {"content-type": "text/plain"}
                assert (await collector.ask("POST", prefix + path, content=body, headers=told)).status_code == 202

    asyncio.run(scenario())


def test_what_is_not_ours_goes_to_the_dashboard_and_without_one_nowhere(opened: Callable[..., Any]) -> None:
    async def dashboard(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": f"dashboard {scope['path']}".encode()})

    async def scenario() -> None:
        async with opened(otherwise=dashboard) as collector:
            assert (await collector.ask("GET", "/sites/example.com")).text == "dashboard /sites/example.com"
        async with opened() as collector:
            assert (await collector.ask("GET", "/sites/example.com")).status_code == 404

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("condition", "code", "status"),
    [
        (Condition(), 200, "ready"),
        (Condition(store_answers=False, waiting=7), 200, "degraded"),
        (Condition(spool_accepts=False), 503, "unavailable"),
    ],
)
def test_readiness_is_whether_events_are_accepted(
    opened: Callable[..., Any], condition: Condition, code: int, status: str
) -> None:
    async def scenario() -> None:
        async with opened(condition=condition) as collector:
            answer = await collector.ask("GET", "/readyz")
            assert (answer.status_code, answer.json()["status"]) == (code, status)
            assert answer.json()["waiting"] == condition.waiting
            assert (await collector.ask("GET", "/healthz")).status_code == 200

    asyncio.run(scenario())


def test_the_metrics_balance(opened: Callable[..., Any]) -> None:
    condition = Condition(waiting=1, kept={1: 2}, duplicate={1: 1}, without_visit={1: 1})

    async def scenario() -> None:
        async with opened(condition=condition) as collector:
            for _ in range(5):
                await collector.send()
            await collector.send({"sec-gpc": "1"})
            await collector.send(d="nobody.example")
            text = (await collector.ask("GET", "/metrics")).text
            figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
            assert figures['footfall_events_received_total{site="example.com"}'] == "6"
            assert figures['footfall_events_refused_total{site="example.com",reason="gpc"}'] == "1"
            assert figures['footfall_events_refused_total{site="example.com",reason="no_visit"}'] == "1"
            assert figures['footfall_events_refused_total{site="",reason="unknown_site"}'] == "1"
            total = {name: sum(int(v) for k, v in figures.items() if name in k) for name in ("received", "kept_total")}
            rest = sum(int(v) for k, v in figures.items() if re.search("refused|duplicate|spool_events", k))
            assert total["received"] == total["kept_total"] + rest

    asyncio.run(scenario())


TOKEN = "a-token-of-length-24-abc"


@pytest.mark.parametrize(
    ("environ", "peer", "headers", "status"),
    [
        ({}, "127.0.0.1", {}, 200),
        ({}, "::1", {}, 200),
        ({}, "127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 401),
        ({}, "127.0.0.1", {"forwarded": "for=127.0.0.1"}, 401),
        ({}, "198.51.100.7", {}, 401),
        ({}, "198.51.100.7", {"authorization": "Bearer "}, 401),
        ({"FOOTFALL_METRICS_TOKEN": TOKEN}, "198.51.100.7", {"authorization": f"Bearer {TOKEN}"}, 200),
        ({"FOOTFALL_METRICS_TOKEN": TOKEN}, "198.51.100.7", {"authorization": f"Bearer {TOKEN}x"}, 401),
        ({"FOOTFALL_METRICS_TOKEN": TOKEN}, "198.51.100.7", {"authorization": TOKEN}, 401),
    ],
)
def test_metrics_are_for_the_token_or_this_machine(
    opened: Callable[..., Any], environ: dict[str, str], peer: str, headers: dict[str, str], status: int
) -> None:
    async def scenario() -> None:
        async with opened(environ, peer=peer) as collector:
            assert (await collector.ask("GET", "/metrics", headers=headers)).status_code == status

    asyncio.run(scenario())


@pytest.fixture
def everything_logged() -> Iterator[io.StringIO]:
    """Every logger at DEBUG, with tracebacks, into one string: as careless as an operator can be."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def test_a_fault_in_the_pipeline_is_a_500_without_a_trace_and_no_202(
    opened: Callable[..., Any], everything_logged: io.StringIO
) -> None:
    async def scenario() -> None:
        async with opened(broken=True) as collector:
            headers = {"user-agent": f"{BROWSER} {CANARY}"}
            for answer in (await collector.send(headers), await collector.ask("GET", "/privacy", headers=headers)):
                assert answer.status_code == 500
                assert CANARY not in answer.text
                assert "Traceback" not in answer.text
            assert collector.events() == []
            assert not collector.tally.received

    asyncio.run(scenario())
    told = everything_logged.getvalue()
    assert "unexpected ValueError at " in told
    assert CANARY not in told


def test_no_log_line_holds_anything_of_a_visitor(opened: Callable[..., Any], everything_logged: io.StringIO) -> None:
    async def scenario() -> None:
        async with opened() as collector:
            headers = {
                "user-agent": f"{BROWSER} {CANARY}",
                "x-forwarded-for": CANARY_ADDRESS,
                "referer": f"https://example.com/{CANARY}",
                "cookie": f"{CANARY}=1; footfall_consent={CANARY}",
                "accept-language": CANARY,
            }
            url = f"https://example.com/u/{CANARY}?email={CANARY}@mail.example&token={CANARY}"
            await collector.send(headers, u=url, r=url, p={CANARY: CANARY}, d=f"example.com,{CANARY}.example")
            await collector.send(headers, u=url, n=CANARY * 40)
            for body in (f'{{"{CANARY}'.encode(), CANARY.encode(), f'["{CANARY}"]'.encode(), b"\xff" + CANARY.encode()):
                told = {**headers, "content-type": "text/plain"}
                await collector.ask("POST", "/e", content=body, headers=told)
                await collector.ask("POST", "/privacy/choice", content=body, headers=told)
            for path in ("/privacy", "/s.js", f"/s.{CANARY}.js", f"/{CANARY}", "/metrics", "/readyz", "/privacy/heal"):
                await collector.ask("GET", f"{path}?q={CANARY}", headers=headers)

    asyncio.run(scenario())
    # The client of this test logs its own requests; a server has no client.
    ours = "\n".join(line for line in everything_logged.getvalue().splitlines() if not line.startswith("httpx "))
    for secret in (CANARY, CANARY_ADDRESS):
        assert secret not in ours


def test_an_exception_is_described_by_kind_and_place_alone() -> None:
    try:
        {}["secret"]
    except KeyError as error:
        told = quiet.describe(error)
        shown = quiet.QuietFormatter().formatException((type(error), error, error.__traceback__))
    assert re.fullmatch(r"KeyError at collector/test_http_app\.py:\d+ in \w+", told)
    assert shown == told


def test_a_log_line_is_one_line_and_cannot_move_the_cursor() -> None:
    record = logging.LogRecord("collector", logging.ERROR, "", 0, "a\r\nb\x1b[31mc\u202ed", (), None)
    assert quiet.QuietFormatter().format(record).endswith("collector: a\\r\\nb\\x1b[31mc\\u202ed")


def test_what_nobody_caught_in_the_loop_is_told_without_its_arguments(everything_logged: io.StringIO) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        quiet.quiet_loop(loop)

        def fail(text: str) -> None:
            raise ValueError(text)

        loop.call_soon(fail, CANARY)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(scenario())
    assert "uncaught in the event loop: ValueError" in everything_logged.getvalue()
    assert CANARY not in everything_logged.getvalue()


def test_bodies_full_of_unknown_keys_leave_nothing_in_memory(opened: Callable[..., Any]) -> None:
    body = b'{"n":"pageview","u":"https://example.com/",' + b",".join(b'"%05d":1' % n for n in range(6100)) + b"}"
    assert 60_000 < len(body) < 65_536

    async def scenario() -> None:
        async with opened() as collector:
            told = {"content-type": "text/plain"}
            await collector.ask("POST", "/e", content=body, headers=told)
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(50):
                assert (await collector.ask("POST", "/e", content=body, headers=told)).status_code == 202
            assert tracemalloc.get_traced_memory()[0] - before < 1_000_000
            tracemalloc.stop()

    asyncio.run(scenario())
