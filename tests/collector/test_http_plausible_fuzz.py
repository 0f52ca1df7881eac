"""Whatever is sent in Plausible's format, there come out arrivals or a problem, never an exception."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.arrival import Arrival
from collector.dialects.plausible import Problem, parse
from collector.sender import Sender

SENDER = Sender(address="203.0.113.9", agent="Mozilla/5.0")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
KEYS = [
    "n",
    "name",
    "u",
    "url",
    "d",
    "domain",
    "r",
    "p",
    "props",
    "m",
    "meta",
    "$",
    "revenue",
    "i",
    "e",
    "sd",
    "id",
    "ck",
    "tz",
]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), json_values) | json_values)
def test_any_json_gives_arrivals_or_a_problem(value: Any) -> None:
    out = parse(json.dumps(value).encode(), SENDER)
    assert isinstance(out, Problem) or all(isinstance(arrival, Arrival) for arrival in out)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_arrivals_or_a_problem(body: bytes) -> None:
    out = parse(body, SENDER)
    assert isinstance(out, Problem | list)


def test_a_good_body_with_any_byte_changed_gives_arrivals_or_a_problem() -> None:
    good = json.dumps({"n": "pageview", "u": "https://example.com/é", "p": {"a": 1.5}, "$": {"amount": 1}}).encode()
    chance = random.Random(7)
    for at in range(len(good)):
        body = bytearray(good)
        body[at] = chance.randrange(256)
        assert isinstance(parse(bytes(body), SENDER), Problem | list)
