"""No canary leaves: whatever is put wherever into an arrival, an event shows nothing of it."""

from __future__ import annotations

from urllib.parse import quote

import msgspec
from distill_world import NOW_MS, arrive, site, tools
from hypothesis import given, settings
from hypothesis import strategies as st

from clickhouse.rows import Event, Refusal
from collector.arrival import Arrival, Signals
from collector.distill import distill
from registry.site import Site

CANARIES = {
    "email": "canary.jane+1@corp.example",
    "ip": "203.0.113.199",
    "ipv6": "2001:db8:85a3::8a2e:370:7334",
    "token": "9f86d081884c7d659a2feaa0c55ad015",
    "card": "4111 1111 1111 1111",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl",
    "key": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
}
OPEN_SITE = site(
    hosts=("*.example.com",),
    keep_query=("q", "page"),
    titles=True,
    referrer_paths=True,
    hash_routes=True,
    place="city",
)

# Neighbours that leave a canary recognisable as such: a digit beside an address makes it another address.
beside = st.text(st.sampled_from("abcxyzÄé ,;!?()[]<>\"'|*~^\n\t\u200b"), max_size=12)
anything = st.text(max_size=40)


@st.composite
def planted(draw: st.DrawFn) -> tuple[Arrival, str]:
    """An arrival with one canary in every field that takes text."""
    canary = draw(st.sampled_from(sorted(CANARIES.values())))
    text = f"{draw(beside)} {canary} {draw(beside)}"
    coded = text
    for _ in range(draw(st.integers(1, 3))):
        coded = quote(coded, safe="")
    query = "&".join(
        f"{name}={coded}" for name in ("q", "utm_source", "utm_campaign", "utm_term", "ref", "gclid", "other")
    )
    arrival = arrive(
        f"https://sub.example.com/{coded}/end?{query}#/{coded}?q={coded}",
        name=draw(st.sampled_from(["pageview", text])),
        referrer=draw(st.sampled_from([f"https://else.example/{coded}?{query}", f"https://{canary}/", text])),
        agent=text,
        address=draw(st.sampled_from(["203.0.113.199", text])),
        title=text,
        language=text,
        timezone=text,
        currency=text[:3],
        revenue=1.0,
        props={text: "value", "note": text, "plain": "kept"},
        transport="server",
    )
    return arrival, canary


@settings(max_examples=400, deadline=None)
@given(planted())
def test_no_canary_survives_in_any_field(case: tuple[Arrival, str]) -> None:
    arrival, canary = case
    result = distill(arrival, OPEN_SITE, tools(), NOW_MS)
    kept = msgspec.json.encode(result).decode()
    for form in (canary, canary.replace(" ", ""), quote(canary, safe=""), msgspec.json.encode(canary).decode()[1:-1]):
        assert form not in kept
    assert "203.0.113" not in kept


signals = st.builds(
    Signals,
    optout_cookie=st.booleans(),
    gpc=st.booleans(),
    cookies_off=st.booleans(),
    consent=st.sampled_from(["unset", "granted", "granted_gpc", "denied"]),
    webdriver=st.booleans(),
)
urls = st.one_of(
    anything,
    anything.map(lambda text: f"https://example.com/{text}"),
    anything.map(lambda text: f"https://example.com/?utm_source={text}&q={text}&gclid={text}"),
    anything.map(lambda text: f"https://{text}.example.com/#/{text}"),
)
arrivals = st.builds(
    Arrival,
    name=anything,
    url=urls,
    referrer=st.one_of(anything, urls, anything.map(lambda text: f"android-app://{text}")),
    address=st.one_of(anything, st.ip_addresses().map(str)),
    agent=anything,
    origin=st.one_of(st.none(), anything, st.just("example.com")),
    fetch_site=st.sampled_from(["", "cross-site", "same-origin"]),
    transport=st.sampled_from(["js", "pixel", "server"]),
    signals=signals,
    title=anything,
    language=anything,
    timezone=st.one_of(anything, st.just("Europe/Kiev")),
    props=st.dictionaries(anything, st.one_of(anything, st.integers(), st.floats(), st.booleans()), max_size=5),
    revenue=st.one_of(st.none(), st.floats()),
    currency=anything,
    engaged_ms=st.integers(),
    scroll=st.one_of(st.none(), st.integers()),
    happened_ms=st.one_of(st.none(), st.integers()),
)
SITES = (
    OPEN_SITE,
    site(mode="none", pixel="count"),
    site(mode="hybrid", legal_basis="consent", gpc="ignore", cookies_disabled="count", denied="count"),
)
LIMITS = {"path": 1024, "query": 1024, "title": 300, "name": 120, "hostname": 253, "city": 100, "language": 3}


def assert_fits(event: Event) -> None:
    """Every text is clean and short, every figure within its column."""
    texts = {name: value for name, value in msgspec.structs.asdict(event).items() if isinstance(value, str)}
    for name, value in texts.items():
        assert value.isprintable(), name
        assert len(value) <= LIMITS.get(name, 1400), name
        value.encode()
    for key, value in event.props.items():
        assert (key + value).isprintable()
        assert len(key) <= 50
        assert len(value) <= 300
    assert 0 <= event.visitor_id < 2**64
    assert 0 <= event.ts <= NOW_MS
    assert 0 <= event.engaged_ms < 2**32
    assert 0 <= event.delay_ms < 2**32
    assert event.scroll <= 100 or event.scroll == 255
    assert abs(event.revenue) < 2**63


@settings(max_examples=600, deadline=None)
@given(arrivals, st.sampled_from(SITES))
def test_any_arrival_becomes_an_event_that_fits_or_a_refusal(arrival: Arrival, where: Site) -> None:
    result = distill(arrival, where, tools(), NOW_MS)
    if isinstance(result, Refusal):
        assert result.site_id == where.id
    else:
        assert_fits(result)
        assert msgspec.json.decode(msgspec.json.encode(result), type=Event) == result


@settings(max_examples=100, deadline=None)
@given(arrivals)
def test_distill_says_the_same_twice(arrival: Arrival) -> None:
    assert distill(arrival, OPEN_SITE, tools(), NOW_MS) == distill(arrival, OPEN_SITE, tools(), NOW_MS)
