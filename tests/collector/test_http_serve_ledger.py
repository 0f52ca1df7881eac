"""The delivery ledger of a running server: whatever is sent, metrics, page and store tell the same, and it balances."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from serve_world import BROWSER, ROOT, Server, Start, servers, wait_for

from registry.registry import Registry

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")

SAMPLE = re.compile(r'footfall_(?:events_)?(\w+?)(?:_total)?\{site="([^"]*)"(?:,reason="(\w+)")?\} (\d+)')
Books = dict[str, dict[str, int]]
PAGE = {"n": "pageview", "u": "https://example.com/"}
ROBOT = {"user-agent": "Googlebot/2.1"}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with servers(tmp_path) as start:
        yield start


def books_of(server: Server) -> Books:
    """The ledger by site, as `/metrics` tells it; refusals as `refused:<reason>`. It balances, or this fails."""
    text = urllib.request.urlopen(f"{server.url}/metrics").read().decode()
    books: Books = {}
    for name, site, reason, number in SAMPLE.findall(text):
        books.setdefault(site, {})[f"{name}:{reason}" if reason else name] = int(number)
    for site, book in books.items():
        known = sum(count for name, count in book.items() if name != "received")
        assert book["received"] == known, (site, book)
    return books


def send(server: Server, event: dict[str, Any], **headers: str) -> httpx.Response:
    told = {"user-agent": BROWSER, "content-type": "text/plain", **headers}
    return httpx.post(f"{server.url}/e", content=json.dumps(event), headers=told)


def mix(server: Server) -> None:
    """Send ten that are kept, a resend, and some of each kind of refusal."""
    for number in range(9):
        send(server, {**PAGE, "u": f"https://example.com/{number}"})
    twice = {**PAGE, "id": secrets.token_hex(16)}
    for _ in range(2):
        send(server, twice)
    for _ in range(3):
        send(server, PAGE, **{"user-agent": ROBOT["user-agent"]})
    send(server, PAGE, **{"sec-gpc": "1"})
    send(server, PAGE, dnt="1")
    send(server, {**PAGE, "u": "https://staging.example.org/", "d": "example.com"})
    send(server, {**PAGE, "u": "https://annas-laptop.local/", "d": "example.com"})
    send(server, {**PAGE, "u": "file:///home/anna/page.html", "d": "example.com"})
    send(server, {"n": "engagement", "u": "https://example.com/", "e": 5000}, **{"user-agent": f"{BROWSER} Edg/130"})
    for _ in range(2):
        send(server, {**PAGE, "d": "nobody.example"})


MIXED = {
    "received": 20,
    "kept": 10,
    "duplicate": 1,
    "spool": 0,
    "refused:bot": 3,
    "refused:gpc": 1,
    "refused:dnt": 1,
    "refused:wrong_host": 2,
    "refused:scheme": 1,
    "refused:no_visit": 1,
}


def is_stored(server: Server, kept: int) -> bool:
    book = books_of(server)["example.com"]
    return book["kept"] == kept and book.get("spool_events") == 0


def owners_browser(server: Server) -> httpx.Client:
    with Registry.open(f"sqlite:///{server.data / 'registry.sqlite'}") as registry:
        user = registry.users.add("owner@example.com", "correct horse battery", "owner", None)
        token = registry.sessions.open(user.id)
    return httpx.Client(base_url=server.url, cookies={"footfall_session": token})


def in_store(server: Server) -> dict[str, int]:
    """End the server and add up what its store has, by reason."""
    assert server.end() == 0
    code = (
        "import json\n"
        "from clickhouse.client import connect\n"
        f"with connect('chdb://{server.data / 'store'}') as store:\n"
        "    asked = 'select reason, sum(count) from refusals where site_id = 1 group by reason'\n"
        "    told = dict(store.query(asked))\n"
        "    told['kept'] = store.query('select count() from events where site_id = 1')[0][0]\n"
        "    print(json.dumps(told))\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return json.loads(out.stdout)


def test_metrics_page_and_store_agree_about_a_mix(start: Start) -> None:
    server = start()
    mix(server)
    wait_for(lambda: is_stored(server, 10), "ten events in the store")
    told = books_of(server)["example.com"]
    told["spool"] = told.pop("spool_events")
    assert told == MIXED
    assert books_of(server)[""]["refused:unknown_site"] == 2

    with owners_browser(server) as browser:
        wait_for(lambda: page_of(browser)["total"]["received"] == 20, "the counts of refusals")
        page = page_of(browser)
        assert page["waiting"] == 0
        assert page["total"] == {
            "received": 20, "received_most": 20, "kept": 10, "declined": 2, "declined_most": 2, "duplicate": 1,
            "waiting": 0, "refused": {"bot": 3, "wrong_host": 2, "scheme": 1, "no_visit": 1},
        }  # fmt: skip
        hosts = {row["rule"] for row in page["rules"] if row["reason"] == "wrong_host"}
        assert hosts == {"staging.example.org", "(other)"}
        shown = browser.get("/sites/example.com/refused?period=day").text
        assert "20 arrived: 10 kept, 7 refused, 2 from people who said no, 1 sent twice, 0 in the spool now." in shown
        strays = "2 events in 30 days named a site that does not exist here"
        wait_for(lambda: strays in browser.get("/").text, "the count of strays")

    assert in_store(server) == {
        "kept": 10, "duplicate": 1, "bot": 3, "gpc": 1, "dnt": 1, "wrong_host": 2, "scheme": 1, "no_visit": 1,
    }  # fmt: skip


def page_of(browser: httpx.Client) -> dict[str, Any]:
    told: dict[str, Any] = browser.get("/sites/example.com/refused.json?period=day").json()
    return told


def test_the_books_balance_at_every_moment_of_a_busy_server(start: Start) -> None:
    """`books_of` fails for any scrape that does not balance; it is asked all the while events come in."""
    server = start()
    assert server.url
    sending = threading.Thread(target=lambda: [mix(server) for _ in range(8)])
    sending.start()
    scrapes, most = 0, 0
    while sending.is_alive():
        received = books_of(server).get("example.com", {}).get("received", 0)
        assert received >= most, "a counter went back"
        scrapes, most = scrapes + 1, received
    sending.join()
    wait_for(lambda: books_of(server)["example.com"]["spool_events"] == 0, "an empty spool")
    assert books_of(server)["example.com"]["received"] == 8 * 20
    assert scrapes > 8


def test_what_a_restart_finds_in_the_spool_is_in_the_books(start: Start) -> None:
    first = start(FOOTFALL_STORE="clickhouse://x@127.0.0.1:1/footfall")
    mix(first)
    wait_for(lambda: books_of(first)["example.com"]["spool_events"] == 12, "twelve events in the spool")
    assert first.end() == 0
    second = start()
    wait_for(lambda: books_of(second).get("example.com", {}).get("kept") == 10, "ten events in the store")
    told = books_of(second)["example.com"]
    assert told == {"received": 12, "kept": 10, "duplicate": 1, "spool_events": 0, "refused:no_visit": 1}
    assert in_store(second)["bot"] == 3


@pytest.mark.parametrize(
    ("origin", "site", "reason", "is_readable"),
    [
        ("", "example.com", "", False),
        ("https://example.com", "example.com", "", True),
        ("https://example.com", "nobody.example", "unknown_site", True),
        ("https://staging.example.org", "example.com", "wrong_host", False),
        ("https://staging.example.org", "", "unknown_site", False),
        ("null", "example.com", "wrong_host", False),
    ],
)
def test_the_reason_is_in_the_network_panel_of_every_page(
    server: Server, origin: str, site: str, reason: str, is_readable: bool
) -> None:
    """The header is always sent; who may read it by script is what CORS says."""
    page = "https://staging.example.org/" if "staging" in origin else "https://example.com/"
    answer = send(server, {"n": "pageview", "u": page, "d": site}, **({"origin": origin} if origin else {}))
    assert (answer.status_code, answer.headers.get("x-refused", "")) == (202, reason)
    assert (answer.headers.get("access-control-allow-origin") == origin) == is_readable
    assert ("X-Refused" in answer.headers.get("access-control-expose-headers", "")) == is_readable
    if origin:
        asked = {"origin": origin, "access-control-request-method": "POST"}
        preflight = httpx.options(f"{server.url}/e", headers=asked)
        assert (preflight.status_code, "x-refused" in preflight.headers) == (204, not is_readable)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers(tmp_path_factory.mktemp("ledger")) as start:
        yield start("--only", "collector")
