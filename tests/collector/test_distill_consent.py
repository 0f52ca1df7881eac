"""The visitor's say: complete over every combination, not by example."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import msgspec
import pytest
from distill_world import tools

from clickhouse.rows import Reason
from collector.arrival import Arrival
from collector.distill import may_count
from collector.distill.consent import Outcome, Say, decide
from collector.distill.vectors import LETTERS, SAY_AXES, all_policies, all_says, build, seen_by_server, settle
from collector.sender import signals_of
from registry.site import Site

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "cases" / "decide.jsonl"
ORDER = list(Outcome)
EVERY_SAY = [msgspec.structs.replace(say, transport=way) for say in all_says() for way in ("js", "pixel")]
EVERY_POLICY = [msgspec.structs.replace(site, pixel=pixel) for site in all_policies() for pixel in ("off", "count")]


def granted(say: Say) -> bool:
    return say.consent in ("granted", "granted_gpc") and not say.cookies_off


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not beside this checkout")
def test_every_row_of_the_decision_table_holds() -> None:
    rows = [json.loads(line) for line in CASES.read_text().splitlines()]
    assert len(rows) == 4096
    for row in rows:
        facts = row["signals"]
        facts["optout_storage"] = facts.pop("optout_ls")
        decision, where = settle(Say(**facts), Site(id=1, host="example.com", **row["site"]))
        assert {"outcome": decision.outcome, "reason": decision.reason, "where": where} == row["expected"], row


def test_the_enumeration_is_complete() -> None:
    assert (len(EVERY_POLICY), len(EVERY_SAY)) == (288, 512)
    assert len(set(EVERY_SAY)) == 512


def test_declines_win_under_every_policy() -> None:
    for site, say in product(EVERY_POLICY, EVERY_SAY):
        decision, _ = settle(say, site)
        if say.bot or (say.optout_cookie and not say.cookies_off) or (say.optout_storage and say.transport == "js"):
            assert decision.outcome is Outcome.DROP, (say, site)
        if say.gpc and site.gpc == "decline" and not (say.consent == "granted_gpc" and not say.cookies_off):
            assert decision.outcome is Outcome.DROP, (say, site)


def test_a_cookie_identity_needs_a_consent_and_a_mode_that_asks() -> None:
    for site, say in product(EVERY_POLICY, EVERY_SAY):
        if settle(say, site)[0].outcome is Outcome.COOKIE:
            assert granted(say)
            assert site.mode in ("hybrid", "consent_only")
            assert say.transport == "js"


def test_consent_only_keeps_nothing_without_an_answer() -> None:
    for site, say in product(EVERY_POLICY, EVERY_SAY):
        if site.mode == "consent_only" and not granted(say):
            assert settle(say, site)[0].outcome is Outcome.DROP or say.consent == "denied"


def test_a_pixel_never_gives_an_identity() -> None:
    for site, say in product(EVERY_POLICY, EVERY_SAY):
        if say.transport == "pixel":
            assert settle(say, site)[0].outcome in (Outcome.DROP, Outcome.COUNT)


def test_the_server_is_never_stricter_than_the_page() -> None:
    for site, say in product(EVERY_POLICY, EVERY_SAY):
        if say.transport == "js":
            page, server = decide(say, site), decide(seen_by_server(say), site)
            assert page == server or say.optout_storage
            assert ORDER.index(page.outcome) <= ORDER.index(server.outcome)


def test_one_more_decline_never_undrops() -> None:
    for site, say in product(EVERY_POLICY, EVERY_SAY):
        if settle(say, site)[0].outcome is Outcome.DROP:
            for fact in ("bot", "gpc", "dnt", "optout_storage"):
                more = msgspec.structs.replace(say, **{fact: True})
                assert settle(more, site)[0].outcome is Outcome.DROP, (say, fact)


def test_every_drop_has_a_reason_that_can_be_counted() -> None:
    for site, say in product(EVERY_POLICY, EVERY_SAY):
        decision, _ = settle(say, site)
        if decision.outcome is Outcome.DROP:
            assert decision.reason in set(Reason)


def test_a_server_side_event_is_decided_like_a_page_event() -> None:
    for site, say in product(EVERY_POLICY, EVERY_SAY):
        if say.transport == "js":
            assert decide(msgspec.structs.replace(say, transport="server"), site) == decide(say, site)


def test_the_server_reads_every_say_from_real_headers_under_all_policies() -> None:
    """From the bytes of a request's head to the outcome: 288 policies, 512 says."""
    cookie_of = {"unset": "", "granted": "1.1.1.g.0", "granted_gpc": "1.1.1.g.1", "denied": "1.1.1.d.0"}
    asked = 0
    for say in EVERY_SAY:
        head: dict[bytes, bytes] = {}
        if say.gpc:
            head[b"sec-gpc"] = b"0, 1"
        if say.dnt:
            head[b"dnt"] = b"1"
        if not say.cookies_off:
            jar = {"footfall_optout": "1" if say.optout_cookie else "", "footfall_consent": cookie_of[say.consent]}
            head[b"cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items() if value).encode()
        # That cookies are off is said by a script; where there is none, nobody says so.
        signals = msgspec.structs.replace(signals_of(head), cookies_off=say.cookies_off and say.transport == "js")
        arrival = Arrival(name="pageview", url="https://example.com/", transport=say.transport, signals=signals)
        for site in EVERY_POLICY:
            assert may_count(arrival, site, tools(), is_bot=say.bot) == decide(seen_by_server(say), site), (say, site)
            asked += 1
    assert asked == 288 * 512


def test_the_snippets_vectors_are_what_decide_says_today() -> None:
    assert (ROOT / "js-snippet" / "vectors" / "decide.json").read_text() == build()


def test_the_vectors_can_be_read_back_by_their_own_description() -> None:
    document = json.loads(build())
    says = [dict(zip(document["say"], values, strict=True)) for values in product(*document["say"].values())]
    row = document["rows"]["hybrid decline decline decline drop"]
    assert len(row) == len(says) == 256
    site = Site(id=1, host="example.com", mode="hybrid")
    for letter, facts in zip(row, says, strict=True):
        assert tuple(document["letters"][letter]) == tuple(msgspec.structs.astuple(decide(Say(**facts), site)))
    assert set("".join(document["rows"].values())) == set(LETTERS)
    assert list(SAY_AXES) == list(document["say"])
