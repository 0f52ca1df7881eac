"""Who agreed is known again, by his own doing, on proof, and not for ever; who did not is not."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from consent_world import DAY, SAME, START, Asking, open_asking
from looking import bytes_in

from collector.privacy.say import Receipt
from collector.privacy.token import make_token
from collector.spool import SpoolError
from collector.vid import is_fresh, new_vid
from registry.errors import RegistryAway
from registry.site import Site

VID = "__Host-footfall_vid"
CONSENT = "footfall_consent"
TEXT = "May we recognise you?"

Scenario = Callable[[Asking], Awaitable[None]]


def play(tmp_path: Path, scenario: Scenario, consents: Any = None, **more: Any) -> None:
    async def run() -> None:
        async with open_asking(tmp_path, consents, **more) as asking:
            await scenario(asking)

    asyncio.run(run())


class Away:
    """A log that cannot be written."""

    def note(self, *_words: object, **_more: object) -> None:
        raise RegistryAway("the registry's database does not answer")


def lines_of(answer: Any) -> dict[str, str]:
    return {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}


def test_a_consented_visitor_has_one_number_over_days_and_a_stranger_has_not(tmp_path: Path) -> None:
    async def scenario(asking: Asking) -> None:
        friend, stranger = asking.visitor(), asking.visitor()
        assert (await friend.say("granted", text=TEXT)).status_code == 204
        for _ in range(2):
            assert (await friend.see(), await stranger.see()) == ("", "")
            asking.clock.seconds += DAY
        first, strange_first, second, strange_second = asking.events()
        assert first.visitor_id == second.visitor_id != 0
        assert (first.consented, second.consented) == (True, True)
        assert strange_first.visitor_id != strange_second.visitor_id
        assert (strange_first.consented, strange_second.consented) == (False, False)
        assert first.visitor_id not in (strange_first.visitor_id, strange_second.visitor_id)

    play(tmp_path, scenario)


def test_the_cookies_of_a_consent_are_first_party_bounded_and_the_number_is_not_for_scripts(tmp_path: Path) -> None:
    async def scenario(asking: Asking) -> None:
        told = lines_of(await asking.visitor().say("granted"))
        assert set(told) == {VID, CONSENT}
        assert re.fullmatch(
            rf"{VID}=1\.[0-9a-z]+\.[\w-]{{22}}; Max-Age=33696000; Path=/; SameSite=Lax; HttpOnly; Secure", told[VID]
        )
        assert told[CONSENT] == f"{CONSENT}={asking.stamp}.g.0; Max-Age=33696000; Path=/; SameSite=Lax; Secure"
        refused = lines_of(await asking.visitor().say("denied"))
        assert refused[CONSENT] == f"{CONSENT}={asking.stamp}.d.0; Max-Age=15552000; Path=/; SameSite=Lax; Secure"

    play(tmp_path, scenario)


def test_the_number_is_set_once_and_never_renewed(tmp_path: Path) -> None:
    async def scenario(asking: Asking) -> None:
        visitor = asking.visitor()
        await visitor.say("granted")
        first = visitor.cookies[VID]
        asking.clock.seconds += 100 * DAY
        assert VID not in lines_of(await visitor.say("granted"))
        assert visitor.cookies[VID] == first

    play(tmp_path, scenario)


def test_a_number_older_than_395_days_is_rejected_and_taken_away(tmp_path: Path) -> None:
    async def scenario(asking: Asking) -> None:
        visitor = asking.visitor()
        old = new_vid(START - 396 * DAY)
        visitor.client.cookies.set(VID, old, domain="hybrid.example")
        visitor.client.cookies.set(CONSENT, "1.1.1.g.0", domain="hybrid.example")
        await visitor.see()
        (event,) = asking.events()
        assert (event.consented, event.visitor_id != 0) == (False, True)
        told = lines_of(await visitor.client.get("/s.js"))
        assert told[VID].startswith(f"{VID}=; Max-Age=0;")
        visitor.client.cookies.set(VID, old, domain="hybrid.example")
        await visitor.say("granted")
        assert is_fresh(visitor.client.cookies.get(VID, domain="hybrid.example", path="/"), START)

    play(tmp_path, scenario)


@pytest.mark.parametrize("word", ["denied", "withdrawn"])
def test_taking_it_back_ends_it_at_once_and_deletes_the_number(tmp_path: Path, word: str) -> None:
    async def scenario(asking: Asking) -> None:
        visitor = asking.visitor("asks.example")
        assert await visitor.see() == "no_consent"
        await visitor.say("granted")
        assert await visitor.see() == ""
        asking.clock.seconds += 1
        told = lines_of(await visitor.say(word))
        assert told[VID].startswith(f"{VID}=; Max-Age=0;")
        assert VID not in visitor.cookies
        assert await visitor.see() == ("denied" if word == "denied" else "no_consent")
        assert [action for action, _, _ in asking.proofs("asks.example")] == ["granted", "withdrawn"]

    play(tmp_path, scenario)


def test_the_proof_says_what_was_shown_and_nothing_of_who_it_was(tmp_path: Path) -> None:
    async def scenario(asking: Asking) -> None:
        visitor = asking.visitor()
        await visitor.say("granted", headers={"sec-gpc": "1", "dnt": "1"}, text=TEXT)
        (proof,) = asking.registry.consents.list("hybrid.example")
        assert (proof.action, proof.ui, proof.signals) == ("granted", "script", "dnt,gpc")
        assert proof.text_sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
        assert (proof.at.timestamp(), proof.policy_version) == (START, asking.version)
        kept = bytes_in(*tmp_path.glob("registry.sqlite*")).decode(errors="replace")
        assert not [one for one in ("203.0.113.7", "Mozilla", visitor.cookies[VID].split(".")[-1], TEXT) if one in kept]

    play(tmp_path, scenario)


def test_a_consent_despite_a_signal_is_heard_and_an_earlier_one_is_not(tmp_path: Path) -> None:
    async def scenario(asking: Asking) -> None:
        knowing, earlier = asking.visitor(), asking.visitor()
        await knowing.say("granted", headers={"sec-gpc": "1"})
        assert await knowing.see({"sec-gpc": "1"}) == ""
        await earlier.say("granted")
        assert await earlier.see({"sec-gpc": "1"}) == "gpc"
        seen_by_script = asking.visitor()
        seen_by_script.client.cookies.set(CONSENT, "1.1.1.g.1", domain="hybrid.example")
        assert ".g.1;" in lines_of(await seen_by_script.say("granted"))[CONSENT]

    play(tmp_path, scenario)


@pytest.mark.parametrize("host", ["daily.example", "groundless.example"])
def test_where_the_site_does_not_ask_or_has_no_ground_nobody_gets_a_number(tmp_path: Path, host: str) -> None:
    async def scenario(asking: Asking) -> None:
        visitor = asking.visitor(host)
        assert set(lines_of(await visitor.say("granted"))) == {CONSENT}
        assert await visitor.see() == ("no_basis" if host == "groundless.example" else "")
        assert not [event for event in asking.events() if event.consented]

    play(tmp_path, scenario)


def test_who_opted_out_gets_no_number_whatever_a_banner_says(tmp_path: Path) -> None:
    async def scenario(asking: Asking) -> None:
        visitor = asking.visitor()
        visitor.client.cookies.set("footfall_optout", "1")
        assert VID not in lines_of(await visitor.say("granted"))
        assert await visitor.see() == "optout"

    play(tmp_path, scenario)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_no_other_origin_can_answer_for_a_visitor(tmp_path: Path, site: str) -> None:
    async def scenario(asking: Asking) -> None:
        visitor = asking.visitor()
        for word in ("granted", "denied"):
            answer = await visitor.say(word, headers={"sec-fetch-site": site})
            assert (answer.status_code, lines_of(answer)) == (403, {})
        assert asking.proofs() == []

    play(tmp_path, scenario)


def test_agreeing_by_the_form_takes_the_token_of_the_page_and_refusing_takes_nothing(tmp_path: Path) -> None:
    async def scenario(asking: Asking) -> None:
        visitor = asking.visitor()
        token = make_token(b"s" * 32, int(START))
        for wrong in ({"token": "forged"}, {}, {"token": make_token(b"s" * 32, int(START) - 3601)}):
            answer = await visitor.press(consent="granted", **wrong)
            assert (answer.status_code, answer.headers["location"]) == (303, "../privacy?done=repeat")
            assert lines_of(answer) == {}
        answer = await visitor.press({"sec-fetch-site": "cross-site"}, consent="granted", token=token)
        assert answer.headers["location"] == "../privacy?done=repeat"
        assert asking.proofs() == []

        answer = await visitor.press(consent="granted", token=token)
        proof = asking.registry.consents.list("hybrid.example")[0]
        assert answer.headers["location"] == f"../privacy?done=granted&proof={proof.id}"
        assert set(lines_of(answer)) == {VID, CONSENT}

        asking.clock.seconds += 1
        answer = await visitor.press({"sec-fetch-site": "cross-site"}, consent="withdrawn", stop="on")
        assert answer.headers["location"].startswith("../privacy?done=withdrawn&proof=")
        assert set(lines_of(answer)) == {VID, CONSENT, "footfall_optout"}
        assert visitor.cookies == {"footfall_optout": "1"}
        assert asking.proofs() == [("granted", "page", ""), ("withdrawn", "page", "")]

    play(tmp_path, scenario)


def test_nobody_is_known_again_without_proof_but_a_no_is_obeyed_without_it(tmp_path: Path) -> None:
    async def scenario(asking: Asking) -> None:
        visitor = asking.visitor()
        answer = await visitor.say("granted")
        assert (answer.status_code, lines_of(answer)) == (503, {})
        answer = await visitor.press(consent="granted", token=make_token(b"s" * 32, int(START)))
        assert (answer.headers["location"], lines_of(answer)) == ("../privacy?done=away", {})
        assert set(lines_of(await visitor.say("denied"))) == {VID, CONSENT}
        answer = await visitor.press(consent="withdrawn")
        assert (answer.headers["location"], set(lines_of(answer))) == ("../privacy?done=withdrawn", {VID, CONSENT})

    play(tmp_path, scenario, Away())


class Eraser:
    """Remembers what it was asked to erase, or cannot do it."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.asked: list[tuple[str, str]] = []
        self._fault = fault

    async def erase_shown(self, site: Site, cookie: str) -> Receipt:
        self.asked.append((site.host, cookie))
        if self._fault:
            raise self._fault
        return Receipt(1, site.host, "erasure", "2026-11-22T10:00:00Z", "this browser", "1", "ref", "sig")


@pytest.mark.parametrize("fault", [None, SpoolError("full"), RegistryAway("away")])
def test_taking_it_back_erases_what_was_recorded_where_the_visitor_asks(
    tmp_path: Path, fault: Exception | None
) -> None:
    eraser = Eraser(fault)

    async def scenario(asking: Asking) -> None:
        visitor = asking.visitor()
        await visitor.say("granted")
        cookie = visitor.cookies[VID]
        await visitor.press(consent="denied", erase="on")
        assert eraser.asked == [], "a refusal is no withdrawal"
        visitor.client.cookies.set(VID, cookie, domain="hybrid.example")
        await visitor.press(consent="withdrawn", erase="on", token="forged")
        assert eraser.asked == [], "not pressed on our page"
        visitor.client.cookies.set(VID, cookie, domain="hybrid.example")
        token = make_token(b"s" * 32, int(START))
        answer = await visitor.press(consent="withdrawn", erase="on", token=token, lang="de")
        assert eraser.asked == [("hybrid.example", cookie)]
        assert answer.headers["location"].startswith("../privacy?done=withdrawn&")
        assert ("receipt=" in answer.headers["location"]) is (fault is None)
        assert set(lines_of(answer)) == {VID, CONSENT}, "whatever becomes of the past"

    play(tmp_path, scenario, rights=eraser)


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"granted", b'{"consent": "maybe"}', b'{"consent": 1}', b"\xff", b'{"consent":"granted",' * 999],
)
def test_what_says_nothing_clear_is_no_answer(tmp_path: Path, body: bytes) -> None:
    async def scenario(asking: Asking) -> None:
        client = asking.visitor().client
        answer = await client.post("/privacy/consent", content=body, headers={"content-type": "text/plain", **SAME})
        assert (answer.status_code, lines_of(answer)) == (400, {})
        answer = await client.post("/privacy/consent", data={"consent": "maybe"}, headers=SAME)
        assert answer.headers["location"] == "../privacy?done=repeat"
        assert (await client.get("/privacy/consent")).status_code in (404, 405)
        assert asking.proofs() == []

    play(tmp_path, scenario)


def test_on_plain_http_of_this_machine_the_number_works_under_a_plain_name(tmp_path: Path) -> None:
    async def scenario(asking: Asking) -> None:
        visitor = asking.visitor("localhost:8000", "http")
        told = lines_of(await visitor.say("granted"))
        assert set(told) == {"footfall_vid", CONSENT}
        assert not [line for line in told.values() if "Secure" in line]
        assert await visitor.see() == ""
        assert [event.consented for event in asking.events()] == [True]

        elsewhere = asking.visitor()
        elsewhere.client.cookies.update(visitor.cookies)
        assert await elsewhere.see() == ""
        assert [event.consented for event in asking.events()] == [True, False]

    play(tmp_path, scenario)
