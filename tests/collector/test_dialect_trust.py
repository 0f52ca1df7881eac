"""What holds for every peer's route: nothing a client says of itself is believed, nothing hostile gets through."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import fields
from peer_world import World

from collector.dialects import goatcounter, matomo, umami
from collector.dialects.foreign import Asked, Malformed
from collector.dialects.hygiene import clean
from collector.peers import MANNERS

WIRE = Path(__file__).parents[2] / "docs" / "wire.md"
LIES = {"ip": "6.6.6.6", "userAgent": "Googlebot", "timestamp": 1, "id": "user-42", "vid": "v-42", "country": "XX"}
MATOMO_LIES = {
    "cip": "6.6.6.6",
    "cdt": "1",
    "token_auth": "t",
    "uid": "user-42",
    "cid": "aaaaaaaaaaaaaaaa",
    "ua": "Bot",
}


def send(world: World, path: str, *, lies: bool = False, headers: dict[str, str] | None = None) -> Any:
    """Send a page view of `/a` in the words of that route."""
    payload = {"website": "w", "url": "https://example.com/a", **(LIES if lies else {})}
    message: Any = {"type": "event", "payload": payload}
    if path == "/api/send":
        return world.ask("POST", path, json=message, headers=headers)
    if path == "/api/batch":
        return world.ask("POST", path, json=[message], headers=headers)
    if path == "/count":
        query = {"p": "/a", "rnd": "abcde", **({"ip": "6.6.6.6", "user_agent": "Bot"} if lies else {})}
        return world.ask("POST", path, params=query, headers=headers)
    query = {"idsite": "1", "rec": "1", "r": "1", "url": "https://example.com/a", **(MATOMO_LIES if lies else {})}
    return world.ask("POST", path, params=query, headers=headers)


@pytest.mark.parametrize("path", MANNERS)
def test_an_address_agent_id_or_time_that_a_client_claims_changes_nothing(path: str) -> None:
    honest, lying = World(), World()
    send(honest, path)
    send(lying, path, lies=True)
    (one,), (other,) = honest.events, lying.events
    assert one.visitor_id == other.visitor_id != 0
    assert abs(one.ts - other.ts) < 60_000
    assert (one.browser, one.country, one.props) == (other.browser, other.country, other.props)
    assert not re.search(rb"user-42|v-42|6\.6\.6\.6", b"".join(lying.records))


@pytest.mark.parametrize("path", MANNERS)
def test_the_same_browser_is_one_visitor_in_every_dialect(path: str) -> None:
    peer, native = World(), World()
    send(peer, path)
    native.ask("POST", "/e", json={"n": "pageview", "u": "https://example.com/a"})
    assert peer.events[0].visitor_id == native.events[0].visitor_id


@pytest.mark.parametrize("path", MANNERS)
def test_a_route_answers_behind_a_base_path_whether_or_not_a_proxy_strips_it(path: str) -> None:
    world = World(base_url="https://example.com/_f")
    assert send(world, path).status_code in (200, 204)
    assert world.ask("OPTIONS", f"/_f{path}").status_code == 204


@pytest.mark.parametrize("path", MANNERS)
def test_when_nothing_can_be_kept_the_answer_is_503_and_nothing_is_counted(path: str) -> None:
    world = World(is_full=True)
    answer = send(world, path)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert not world.tally.received


@pytest.mark.parametrize("path", MANNERS)
def test_each_address_has_its_limit(path: str) -> None:
    world = World(limit=2)
    headers = {"x-forwarded-for": "203.0.113.9"}
    answers = [send(world, path, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers][-1] == 429
    assert int(answers[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize("path", MANNERS)
def test_a_body_that_is_too_long_is_413(path: str) -> None:
    assert World().ask("POST", path, content=b"x" * (64 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize("path", MANNERS)
def test_no_route_sets_a_cookie_or_says_what_was_sent(path: str) -> None:
    world = World()
    answer = world.ask("POST", f"{path}?canary7f3a=canary7f3a", content=b'{"canary7f3a": "canary7f3a"}')
    assert "set-cookie" not in answer.headers
    assert "canary7f3a" not in answer.text + str(answer.headers)


PARSERS = [umami.parse, umami.parse_batch, goatcounter.parse, matomo.parse]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "payload", "requests", "url", "website", "data", "name"]), inner)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: f"{parse.__module__}.{parse.__name__}")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=200) | JUNK.map(lambda value: json.dumps(value).encode()), query=st.binary(max_size=200))
def test_no_bytes_make_a_dialect_raise(parse: Any, body: bytes, query: bytes) -> None:
    parts = parse(Asked(body=body, query=query, page="https://example.com/"))
    for part in [] if isinstance(parts, Malformed) else parts:
        if part is not None and not isinstance(part, Malformed):
            assert len(part.url.encode()) <= 2000
            said = part.name + part.url + part.referrer + part.title
            assert said == clean(said)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=40))
def test_hostile_text_is_clean_and_short_when_it_arrives(text: str) -> None:
    long = "\u202e\x00" + text + "ä" * 4000
    query = urlencode({"idsite": "1", "url": "https://example.com/" + quote(long, errors="replace"), "e_c": "c"})
    (part,) = matomo.parse(Asked(query=(query + "&e_a=" + quote(long, errors="replace")).encode()))  # type: ignore[misc]
    assert part is not None
    assert not isinstance(part, Malformed)
    assert part.name == clean(part.name)
    assert len(part.name) <= 120
    assert len(part.url.encode()) <= 2000


@pytest.mark.parametrize("read", [umami.Payload, goatcounter.Said, matomo.Said], ids=["umami", "goatcounter", "matomo"])
def test_every_field_a_dialect_reads_is_in_the_wire_document(read: Any) -> None:
    name = read.__module__.rpartition(".")[2]
    sections = {part.split("\n", 1)[0].lower(): part for part in WIRE.read_text().split("\n## ")[1:]}
    section = next(text for title, text in sections.items() if name in title)
    assert not [field.encode_name for field in fields(read) if f"`{field.encode_name}`" not in section]
