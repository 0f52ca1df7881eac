"""The whole bridge: the steps in their order, and what an event holds at its end."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from distill_world import NOW_MS, arrive, event, refusal, site, tools

from clickhouse.rows import Event, Reason
from collector.arrival import Arrival, Signals
from collector.distill.bearing import found_at
from collector.distill.device import Agent
from collector.distill.event import Findings, event_of
from collector.distill.page import Page
from collector.distill.place import Place
from collector.distill.scrub.query import Tags
from collector.distill.source import Source

# Each row breaks one more rule than the one after it; the earliest step speaks.
ORDER = [
    ("scheme", {"url": "data:text/html,x"}),
    ("wrong_host", {"url": "https://evil.example/admin"}),
    ("frozen", {}),
    ("no_basis", {"settings": {"state": "active"}}),
    ("third_party", {"settings": {"legal_basis": "consent"}}),
    ("bot", {"fetch_site": "same-origin"}),
    ("optout", {"agent": arrive().agent}),
    ("denied", {"signals": Signals(consent="denied", gpc=True, dnt=True)}),
    ("gpc", {"signals": Signals(gpc=True, dnt=True)}),
    ("dnt", {"signals": Signals(dnt=True)}),
    ("no_consent", {"signals": Signals()}),
    ("excluded", {"signals": Signals(consent="granted")}),
    ("spam", {"url": "https://example.com/"}),
]


def test_the_earliest_step_speaks() -> None:
    said: dict[str, Any] = {
        "url": "https://example.com/admin",
        "agent": "curl/8",
        "fetch_site": "cross-site",
        "referrer": "https://semalt.com/",
        "signals": Signals(optout_cookie=True, gpc=True, dnt=True, consent="denied"),
    }
    settings: dict[str, Any] = {
        "state": "frozen",
        "mode": "consent_only",
        "first_party_only": True,
        "exclude": ("/admin",),
    }
    usual = dict(said)
    for reason, change in ORDER:
        settings |= change.get("settings", {})
        said |= {name: value for name, value in change.items() if name not in ("settings", "url")}
        now = said | {"url": change.get("url", usual["url"])}
        assert refusal(arrive(**now), site(**settings)).reason == reason
    said |= {"referrer": "", "url": "https://example.com/"}
    assert event(arrive(**said), site(**settings)).path == "/"


def test_every_refusal_names_its_site_and_only_robots_name_a_rule() -> None:
    refused = refusal(arrive(signals=Signals(gpc=True)))
    assert (refused.reason, refused.site_id, refused.rule) == (Reason.GPC, 7, "")
    assert refusal(arrive(agent="curl/8")).rule == "crawler curl"


@pytest.mark.parametrize("state", ["frozen", "deleting"])
def test_a_site_that_is_not_active_counts_nothing(state: str) -> None:
    assert refusal(arrive(), site(state=state)).reason == Reason.FROZEN


FETCH_SITES = [("cross-site", "third_party"), ("same-site", None), ("same-origin", None), ("none", None), ("", None)]


@pytest.mark.parametrize(("fetch_site", "reason"), FETCH_SITES)
def test_first_party_only_refuses_what_comes_across_sites(fetch_site: str, reason: str | None) -> None:
    arrival = arrive(fetch_site=fetch_site)
    assert event(arrival).path == "/"
    where = site(first_party_only=True)
    if reason:
        assert refusal(arrival, where).reason == reason
    else:
        assert event(arrival, where).path == "/"


def test_a_full_event_holds_what_was_found_and_nothing_else() -> None:
    arrival = Arrival(
        name="Signup",
        url="https://www.example.com/pricing?utm_source=ig&utm_medium=paid&utm_campaign=c&utm_content=x&utm_term=t&fbclid=z&q=1",
        referrer="https://l.instagram.com/?u=x",
        address="203.0.113.77",
        agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.6 Mobile/15E148 Safari/604.1",
        origin="www.example.com",
        title="Pricing",
        language="de-AT",
        timezone="Europe/Vienna",
        props={"plan": "pro"},
        revenue=12.3456,
        currency="eur",
        interactive=False,
        engaged_ms=1500,
        scroll=70,
        event_id="0" * 32,
    )
    found = event(arrival, site(keep_query=("q",)))
    assert found == Event(
        site_id=7,
        ts=NOW_MS,
        visitor_id=found.visitor_id,
        name="Signup",
        hostname="example.com",
        path="/pricing",
        query="q=1",
        referrer="l.instagram.com",
        source="Instagram",
        channel="Paid Social",
        utm_source="ig",
        utm_medium="paid",
        utm_campaign="c",
        utm_content="x",
        utm_term="t",
        click="meta",
        country="AT",
        browser="Safari",
        browser_version="18",
        os="iOS",
        os_version="18.6",
        device="mobile",
        language="de",
        engaged_ms=1500,
        scroll=70,
        revenue=12346,
        currency="EUR",
        interactive=False,
        props={"plan": "pro"},
    )


def test_every_find_gets_into_the_field_of_its_name() -> None:
    page = Page(
        "hostname",
        "path",
        Tags("utm_source", "-", "utm_campaign", "utm_content", "utm_term", "-", "-", "click", "query"),
        "title",
    )
    found = Findings(
        found_at(page, Source("referrer", "source", "channel", "utm_medium", continued=True)),
        Place("country", "region", "city"),
        Agent("browser", "browser_version", "os", "os_version", "device"),
        visitor=1,
        moment_ms=2,
        is_consented=True,
        shown=3,
    )
    arrival = arrive(
        name="name",
        language="de",
        engaged_ms=4,
        scroll=5,
        revenue=0.006,
        currency="EUR",
        interactive=False,
        props={"plan": "pro"},
    )
    kept = msgspec.structs.asdict(event_of(arrival, site(), found, tools(), 10))
    told = {
        "site_id": 7,
        "ts": 2,
        "visitor_id": 1,
        "language": "de",
        "engaged_ms": 4,
        "scroll": 5,
        "revenue": 6,
        "currency": "EUR",
    }
    told |= {
        "interactive": False,
        "continued": True,
        "delay_ms": 8,
        "props": {"plan": "pro"},
        "consented": True,
        "dsr_id": 3,
    }
    assert kept == {field: told.get(field, field) for field in Event.__struct_fields__}


FIGURES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"engaged_ms": -5}, {"engaged_ms": 0}),
    ({"engaged_ms": 30 * 86_400_000}, {"engaged_ms": 0}),
    ({"engaged_ms": 30 * 86_400_000 - 1}, {"engaged_ms": 30 * 86_400_000 - 1}),
    ({"scroll": None}, {"scroll": 255}),
    ({"scroll": -1}, {"scroll": 0}),
    ({"scroll": 300}, {"scroll": 100}),
    ({"revenue": 1e300, "currency": "USD"}, {"revenue": 10**15, "currency": "USD"}),
    ({"revenue": float("nan"), "currency": "USD"}, {"revenue": 0, "currency": ""}),
    ({"revenue": 5.0, "currency": "euros"}, {"revenue": 0, "currency": ""}),
    ({"revenue": -1.5, "currency": "usd"}, {"revenue": -1500, "currency": "USD"}),
    ({"language": "zh-Hant-TW"}, {"language": "zh"}),
    ({"language": "DE"}, {"language": "de"}),
    ({"language": "*"}, {"language": ""}),
    ({"language": "english"}, {"language": ""}),
    ({"name": ""}, {"name": "(unnamed)"}),
    ({"name": "\x00\u200b"}, {"name": "(unnamed)"}),
    ({"name": "Mailed jane@corp.com"}, {"name": "Mailed [email]"}),
    ({"name": "x " * 100}, {"name": ("x " * 60).strip()}),
    ({"name": "engagement"}, {"name": "engagement"}),
    ({"happened_ms": NOW_MS - 1000, "transport": "server"}, {"ts": NOW_MS - 1000, "delay_ms": 1000}),
    ({"happened_ms": NOW_MS + 1000, "transport": "server"}, {"ts": NOW_MS, "delay_ms": 0}),
    ({"happened_ms": -1, "transport": "server"}, {"ts": 0, "delay_ms": 2**32 - 1}),
]


@pytest.mark.parametrize(("said", "kept"), FIGURES)
def test_figures_fit_their_columns(said: dict[str, Any], kept: dict[str, Any]) -> None:
    found = event(arrive(**said))
    assert {name: getattr(found, name) for name in kept} == kept


def test_where_only_registered_properties_may_be_kept_no_other_is() -> None:
    arrival = arrive(props={"plan": "pro", "size": "9", "to": "jane@corp.com"})
    assert event(arrival).props == {"plan": "pro", "size": "9", "to": "[email]"}
    assert event(arrival, site(props="registered")).props == {}
    assert event(arrival, site(props="registered", prop_keys=("plan", "to"))).props == {"plan": "pro", "to": "[email]"}
    assert event(arrival, site(prop_keys=("plan",))).props.keys() == {"plan", "size", "to"}


def test_values_that_the_owner_wants_redacted_are_gone_before_anything_is_kept() -> None:
    arrival = arrive(props={"plan": "pro", "size": "9"})
    assert event(arrival, site(redact_props=("size",))).props == {"plan": "pro", "size": "[redacted]"}
    only = site(props="registered", prop_keys=("plan",), redact_props=("plan", "size"))
    assert event(arrival, only).props == {"plan": "[redacted]"}
