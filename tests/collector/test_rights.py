"""Blind acts answer alike whatever there is; a cookie shows and erases exactly its own; a receipt is ours or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from collector_world import BROWSER, tools
from faults.demanding import AT_ONCE, assert_nowhere, events_with_masked, fulfil
from faults.drains import draining

from clickhouse.client import Store
from clickhouse.rows import Event
from collector.arrival import Arrival, Signals
from collector.distill import distill
from collector.drain import Drain
from collector.privacy.rights import SCOPES, VisitorRights, is_ours
from collector.privacy.say import Receipt
from collector.sender import Sender
from collector.spool import Spool
from collector.spool.record import KeptDemand, decode, encode_event
from collector.vid import new_vid
from registry.errors import NotAllowed
from registry.registry import Registry
from registry.site import Site

NOW = 1_790_000_000.0
SECRET = b"s" * 32
SENDER = Sender(address="198.51.100.7", agent=BROWSER)


class Home:
    """One site's collector: send as somebody, press a button, let the drain work."""

    def __init__(self, store: Store, directory: Path, registry: Registry, *, held: bool = False) -> None:
        self.site: Site = registry.sites.add("example.com", mode="hybrid", legal_basis="consent")
        self.registry, self.directory, self.store = registry, directory / "spool", store
        self.clock = [NOW]
        self.records: list[bytes] = []
        self._spool = Spool.open(self.directory)
        self.tools = msgspec.structs.replace(tools(), pepper=lambda _site: b"pepper" * 5)
        self.rights = VisitorRights(
            tools=self.tools, keep=self.keep, store=store, requests=registry.requests, secret=SECRET,
            is_held=lambda _site, _day: held, now=lambda: self.clock[0],
        )  # fmt: skip

    async def keep(self, records: list[bytes]) -> None:
        self.records += records
        self._spool.append(records)

    def send(self, path: str, sender: Sender = SENDER, **signals: Any) -> None:
        """Send a page view a second after the last thing."""
        self.clock[0] += 1
        arrival = Arrival(
            name="pageview", url=f"https://example.com{path}", address=sender.address, agent=sender.agent,
            signals=Signals(**signals),
        )  # fmt: skip
        event = distill(arrival, self.site, self.tools, int(self.clock[0] * 1000))
        assert isinstance(event, Event)
        self._spool.append([encode_event(event)])

    def press(self, act: Callable[..., Any], *words: object, **more: object) -> Any:
        self.clock[0] += 1
        return asyncio.run(act(self.site, *words, **more))

    def work(self) -> None:
        with draining(self.store, self.directory, limits=AT_ONCE) as drain:
            assert isinstance(drain, Drain)
            fulfil(drain)

    def close(self) -> None:
        self._spool.close()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}") as opened:
        yield opened


@pytest.fixture
def home(store: Store, tmp_path: Path, registry: Registry) -> Iterator[Home]:
    opened = Home(store, tmp_path, registry)
    yield opened
    opened.close()


def facts(receipt: Receipt) -> dict[str, str]:
    return {name: value for name, value in msgspec.structs.asdict(receipt).items() if name not in ("at", "ref", "sig")}


def test_erasing_today_answers_alike_whether_there_was_anything_or_not(home: Home) -> None:
    home.send("/canary-1")
    home.send("/b", Sender(address="198.51.100.8", agent=BROWSER))
    something = home.press(home.rights.erase_today, SENDER)
    nothing = home.press(home.rights.erase_today, Sender(address="203.0.113.1", agent="nobody"))
    assert facts(something) == facts(nothing) == {
        "v": 1, "site": "example.com", "kind": "erase", "scope": SCOPES["today"], "policy_version": "1",
    }  # fmt: skip
    assert len({len(record) for record in home.records}) == 1
    assert len(msgspec.json.encode(something)) == len(msgspec.json.encode(nothing))
    home.work()
    assert events_with_masked(home.store) == ["/b"]


def test_it_asks_the_store_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(home.store, "query", explode)
    monkeypatch.setattr(home.store.writer, "query", explode)
    home.press(home.rights.erase_today, SENDER)
    home.press(home.rights.restrict_today, SENDER)


def test_the_receipt_is_signed_and_any_change_shows(home: Home) -> None:
    receipt = home.press(home.rights.erase_today, SENDER)
    assert is_ours(receipt, SECRET)
    for field in ("site", "kind", "at", "scope", "policy_version", "ref"):
        assert not is_ours(msgspec.structs.replace(receipt, **{field: "x"}), SECRET)
    assert not is_ours(receipt, b"t" * 32)


def test_who_has_no_number_leaves_no_demand(home: Home) -> None:
    receipt = home.press(home.rights.erase_today, Sender())
    assert facts(receipt)["scope"] == SCOPES["today"]
    assert home.records == []


def test_a_hold_turns_erasing_into_restricting_for_everybody(store: Store, tmp_path: Path, registry: Registry) -> None:
    home = Home(store, tmp_path, registry, held=True)
    home.send("/a")
    receipt = home.press(home.rights.erase_today, SENDER)
    assert (receipt.kind, receipt.scope) == ("restrict", SCOPES["held"])
    home.work()
    assert events_with_masked(store) == []
    assert events_with_masked(store, "events_isolated") == ["/a"]
    home.close()


def test_a_wrong_country_is_forgotten(home: Home) -> None:
    home.send("/a")
    home.press(home.rights.correct_today, SENDER)
    demand = decode(home.records[0])
    assert isinstance(demand, KeptDemand)
    assert demand.act == "unknown_country"


def test_the_show_me_cookie_shows_exactly_what_was_recorded_with_it(home: Home) -> None:
    cookie = home.press(home.rights.begin_showing)
    assert len(cookie) == 22
    home.send("/before")
    home.send("/mine", showing=cookie)
    home.send("/other", showing=home.press(home.rights.begin_showing))
    home.work()
    (record,) = home.press(home.rights.recorded, cookie)
    assert (record["path"], record["name"], record["state"]) == ("/mine", "pageview", "counted")
    assert record["time"] == datetime.fromtimestamp(int(NOW) + 3, UTC).isoformat().replace("+00:00", "Z")
    assert not {"visitor_id", "dsr_id", "site_id"} & record.keys()
    assert home.press(home.rights.recorded, "x" * 22) == []
    assert home.press(home.rights.erase_shown, cookie).scope == SCOPES["cookie"]
    home.work()
    assert home.press(home.rights.recorded, cookie) == []
    assert events_with_masked(home.store) == ["/before", "/other"]


def test_ending_it_leaves_events_that_nobody_can_be_shown(home: Home) -> None:
    cookie = home.press(home.rights.begin_showing)
    home.send("/mine", showing=cookie)
    home.press(home.rights.end_showing, cookie)
    home.work()
    assert home.press(home.rights.recorded, cookie) == []
    assert home.store.query("select path, dsr_id from events") == [("/mine", 0)]


def test_a_consented_cookie_shows_and_erases_all_its_days(home: Home) -> None:
    cookie = new_vid(NOW)
    for days in (0, 3):
        home.clock[0] = NOW + days * 86_400
        home.send(f"/day{days}", consent="granted", vid_cookie=cookie)
        home.send(f"/other{days}")
    home.work()
    assert [one["path"] for one in home.press(home.rights.recorded, cookie)] == ["/day0", "/day3"]
    home.press(home.rights.erase_shown, cookie)
    home.work()
    assert events_with_masked(home.store) == ["/other0", "/other3"]


def test_no_cookie_and_no_number_is_in_the_registry_or_left_in_the_spool(home: Home, tmp_path: Path) -> None:
    cookie = home.press(home.rights.begin_showing)
    home.send("/canary-77aa", showing=cookie)
    home.press(home.rights.erase_today, SENDER)
    home.press(home.rights.erase_shown, cookie)
    numbers = [decode(record).number.to_bytes(8, "big") for record in home.records]  # type: ignore[union-attr]
    assert_nowhere(tmp_path, cookie.encode(), SENDER.address.encode())
    for path in tmp_path.glob("registry.sqlite*"):
        assert not [number for number in numbers if number in path.read_bytes()]


def test_a_request_is_put_into_the_sites_queue_with_its_receipts_digest(home: Home, registry: Registry) -> None:
    receipt = home.press(home.rights.ask, "complaint", "It is too much", "jane@example.org")
    (request,) = registry.requests.list(home.site.id)
    assert (request.ref, request.kind, request.message, request.channel) == (
        receipt.ref, "complaint", "It is too much", "page",
    )  # fmt: skip
    home.press(home.rights.ask, "access", "Mine", "", forwarded=True)
    assert [one.channel for one in registry.requests.list(home.site.id)] == ["page", "operator"]
    asyncio.run(home.rights.ask(Site(id=0, host="unknown.example"), "access", "Who has it?", ""))
    (lost,) = registry.requests.list(0)
    assert (lost.host, lost.forwarded_at) == ("unknown.example", None)
    with pytest.raises(NotAllowed):
        home.press(home.rights.ask, "praise", "", "")
