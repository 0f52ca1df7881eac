"""What a visitor does about records: blind where he cannot prove himself, exact where he holds a cookie."""

from __future__ import annotations

import csv
import io
import re

import msgspec
import pytest
from privacy_world import (
    NOW,
    OPTED_OUT,
    RECORDS,
    SAME,
    SECRET,
    SHOWING,
    SHOWN,
    Rehearsal,
    T,
    Visit,
    flat,
    receipt_of,
    text_of,
)

from collector.privacy.acting import ACTIONS_AN_HOUR, LOOKS_AN_HOUR
from collector.privacy.receipt import seal, unseal
from collector.privacy.token import make_token
from collector.showing import SHOWING_DAYS
from registry.errors import RegistryAway

AGENT = {"user-agent": "Mozilla/5.0 (Test)"}


@pytest.mark.parametrize(
    ("act", "call", "done"),
    [
        ("erase", "erase_today", "erased"),
        ("restrict", "restrict_today", "restricted"),
        ("correct", "correct_today", "corrected"),
    ],
)
def test_a_blind_act_says_what_it_reached_and_gives_a_receipt(act: str, call: str, done: str) -> None:
    rights = Rehearsal()
    visit = Visit(rights)
    answer = visit.press(act, headers=AGENT)
    assert rights.calls == [(call, "shop.example", "203.0.113.9", AGENT["user-agent"])]
    page = visit.follow(answer)
    shown = text_of(page)
    assert T["done"][done] in shown
    assert ("If someone near you uses the same browser version" in shown) is (act != "correct")
    assert "Receipt Website shop.example Time 22 November 2026, 09:30 UTC" in shown
    assert T["choice"]["stop_as_well"] in shown
    assert T["choice"]["stop_as_well"] not in text_of(visit.follow(answer, OPTED_OUT))


def test_a_receipt_can_be_kept_as_a_file_and_holds_no_count_and_no_person() -> None:
    visit = Visit(Rehearsal())
    page = visit.follow(visit.press("erase", headers=AGENT))
    link = re.search(r'href="(privacy/receipt\?receipt=[^"]+)" download', page.text)
    assert link
    answer = visit.ask(path="/" + link[1])
    assert 'attachment; filename="footfall-receipt-r4nd0m.json"' in answer.headers["content-disposition"]
    assert answer.json() == msgspec.to_builtins(receipt_of("erase", "shop.example"))
    assert set(answer.json()) == {"v", "site", "kind", "at", "scope", "policy_version", "ref", "sig"}
    assert "203.0.113.9" not in answer.text
    assert visit.ask(path="/" + link[1][:-1]).status_code == 404


def test_answers_to_blind_acts_are_the_same_bytes_whatever_was_there() -> None:
    """The pages are told nothing but a receipt; so nothing else can make two answers differ."""
    answers = []
    for records in ((), RECORDS, RECORDS * 250):
        visit = Visit(Rehearsal(records))
        for act in ("erase", "restrict"):
            first = visit.press(act, headers=AGENT)
            answers.append((act, first.status_code, first.headers.raw, first.content, visit.follow(first).content))
    assert answers[0::2] == [answers[0]] * 3
    assert answers[1::2] == [answers[1]] * 3


@pytest.mark.parametrize("act", ["see", "json", "csv", "erase_shown"])
@pytest.mark.parametrize("cookie", ["", "footfall_dsr=" + SHOWN, "__Host-footfall_dsr=short", "__Host-footfall_vid=1"])
def test_nothing_of_the_past_is_shown_to_an_address_and_a_browser(act: str, cookie: str) -> None:
    rights = Rehearsal()
    answer = Visit(rights).press(act, headers={**AGENT, **({"cookie": cookie} if cookie else {})})
    assert answer.status_code == 403
    assert rights.calls == []
    assert T["done"]["cookieless"] in text_of(answer)
    assert "/prices" not in answer.text


def test_showing_begins_with_one_random_cookie_for_the_server_alone() -> None:
    rights = Rehearsal()
    visit = Visit(rights)
    answer = visit.press("show")
    cookie = f"__Host-footfall_dsr={SHOWN}; Max-Age={SHOWING_DAYS * 86_400}; Path=/; SameSite=Lax; HttpOnly; Secure"
    assert answer.headers.get_list("set-cookie") == [cookie]
    shown = text_of(visit.follow(answer, SHOWING))
    assert T["done"]["showing"] in shown
    assert T["records"]["see"] in shown
    assert T["records"]["show_note"].format(days=30) not in shown


def test_on_plain_http_of_this_machine_the_cookie_has_a_plain_name_and_nowhere_else() -> None:
    rights = Rehearsal()
    visit = Visit(rights)
    form = {"act": "show", "token": make_token(SECRET, NOW)}
    answer = visit.ask("POST", "/privacy/records", "127.0.0.1:8000", scheme="http", headers=SAME, data=form)
    assert answer.headers["set-cookie"].startswith(f"footfall_dsr={SHOWN};")
    assert "Secure" not in answer.headers["set-cookie"]
    plain = {**SAME, "cookie": f"footfall_dsr={SHOWN}"}
    seeing = {"act": "see", "token": make_token(SECRET, NOW)}
    there = visit.ask("POST", "/privacy/records", "127.0.0.1:8000", scheme="http", headers=plain, data=seeing)
    elsewhere = visit.ask("POST", "/privacy/records", headers=plain, data=seeing)
    assert (there.status_code, elsewhere.status_code) == (200, 403)


def test_whoever_holds_the_cookie_sees_exactly_its_records() -> None:
    rights = Rehearsal()
    answer = Visit(rights).press("see", headers=SHOWING)
    assert rights.calls == [("recorded", "shop.example", SHOWN)]
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    shown = text_of(answer)
    assert "ts 2026-11-22T09:01:00.000Z name pageview path /prices country DE" in shown
    assert T["records"]["nothing"] in text_of(Visit(Rehearsal(())).press("see", headers=SHOWING))


def test_who_agreed_to_a_cookie_sees_by_that() -> None:
    rights = Rehearsal()
    vid = "1.foz.ABCDEFGHIJKLMNOPQRSTUV"
    Visit(rights).press("see", headers={"cookie": f"__Host-footfall_vid={vid}"}, host_asked="mixed.example")
    assert rights.calls == [("recorded", "mixed.example", vid)]


def test_records_can_be_taken_along_as_json_and_as_csv() -> None:
    visit = Visit(Rehearsal())
    told = visit.press("json", headers=SHOWING)
    assert told.json() == list(RECORDS)
    assert "attachment" in told.headers["content-disposition"]
    table = visit.press("csv", headers=SHOWING)
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["path"] for row in rows] == ["/", "/prices"]
    assert rows[0]["referrer"] == '\'=HYPERLINK("evil")', "no cell is a formula"


def test_exactly_the_shown_records_are_erased_and_showing_can_be_ended() -> None:
    rights = Rehearsal()
    visit = Visit(rights)
    page = visit.follow(visit.press("erase_shown", headers=SHOWING))
    assert T["done"]["erased_shown"] in text_of(page)
    assert T["receipt"]["scope_shown"] in text_of(page)
    answer = visit.press("end", headers=SHOWING)
    assert rights.calls == [("erase_shown", "shop.example", SHOWN), ("end_showing", "shop.example", SHOWN)]
    assert answer.headers["set-cookie"].startswith("__Host-footfall_dsr=; Max-Age=0; Path=/;")
    assert T["done"]["hidden"] in text_of(visit.follow(answer))


def test_five_protective_acts_an_hour_are_enough_for_an_address_and_declining_is_never_limited() -> None:
    rights = Rehearsal()
    visit = Visit(rights)
    for _ in range(ACTIONS_AN_HOUR):
        assert visit.press("erase").status_code == 303
    answer = visit.press("restrict")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 60
    assert T["done"]["often"] in text_of(answer)
    assert len(rights.calls) == ACTIONS_AN_HOUR
    assert visit.press("erase", peer="203.0.113.10").status_code == 303
    assert visit.ask("POST", "/privacy/choice", data={"choice": "optout"}).status_code == 303


def test_not_even_looking_can_be_used_to_flood_the_store() -> None:
    visit = Visit(Rehearsal())
    statuses = [visit.press("json", headers=SHOWING).status_code for _ in range(LOOKS_AN_HOUR + 1)]
    assert statuses == [200] * LOOKS_AN_HOUR + [429]


def test_where_a_legal_hold_applies_the_page_says_set_aside_and_not_only_erased() -> None:
    visit = Visit()
    held = seal(receipt_of("restrict", "shop.example"), SECRET)
    assert T["done"]["held"] in text_of(visit.ask(path=f"/privacy?done=erased&receipt={held}"))
    free = seal(receipt_of("erase", "shop.example"), SECRET)
    assert T["done"]["held"] not in text_of(visit.ask(path=f"/privacy?done=erased&receipt={free}"))


def test_what_cannot_be_written_down_is_not_claimed() -> None:
    answer = Visit(Rehearsal(fault=RegistryAway("away"))).press("erase")
    assert answer.status_code == 503
    assert T["done"]["away"] in text_of(answer)
    assert "receipt?" not in answer.text


def test_where_there_is_no_machinery_nothing_of_it_is_offered() -> None:
    visit = Visit()
    shown = text_of(visit.ask())
    assert T["records"]["erase"] not in shown
    assert T["rights"]["ask"] not in shown
    assert T["rules"]["who_without"].format(host="shop.example") in shown
    assert visit.ask("POST", "/privacy/records", data={"act": "erase"}).status_code == 404


def test_what_cannot_be_told_apart_is_not_offered_to_be_erased() -> None:
    plain = Visit(Rehearsal()).ask(host="plain.example")
    assert 'value="erase"' not in plain.text
    assert T["records"]["numberless"] in text_of(plain)
    asks = Visit(Rehearsal()).ask(host="asks.example")
    assert 'name="act"' not in asks.text


def test_after_declining_erasing_today_is_offered_on_the_same_page() -> None:
    visit = Visit(Rehearsal())
    page = visit.follow(visit.ask("POST", "/privacy/choice", data={"choice": "optout"}), OPTED_OUT)
    assert flat(T["choice"]["erase_as_well"]) in text_of(page)


def test_consent_is_asked_with_two_equal_buttons_and_taken_back_with_one() -> None:
    visit = Visit(Rehearsal())
    page = visit.ask(host="mixed.example").text
    assert re.findall(r'<button name="consent" value="(\w+)" class="(\w+)"', page) == [
        ("granted", "second"),
        ("denied", "second"),
    ]
    assert "checked" not in page
    agreed = {"cookie": "footfall_consent=1.1.1763820000.g.0; __Host-footfall_vid=1.foz.ABCDEFGHIJKLMNOPQRSTUV"}
    after = visit.ask(host="mixed.example", headers=agreed)
    assert re.findall(r'<button name="consent" value="(\w+)"', after.text) == ["withdrawn"]
    assert "You said yes (22 November 2025)." in text_of(after)
    assert after.text.count("checked") == 1
    assert 'name="consent"' not in visit.ask(host="mixed.example", headers=OPTED_OUT).text
    assert 'name="consent"' not in visit.ask(host="shop.example").text


def test_a_seal_cannot_be_forged_or_changed() -> None:
    receipt = receipt_of("erase", "shop.example")
    sealed = seal(receipt, SECRET)
    assert unseal(sealed, SECRET) == receipt
    assert unseal(sealed, b"another installation") is None
    for broken in ("", ".", sealed[1:], sealed[:-1], "é." + sealed, sealed * 20):
        assert unseal(broken, SECRET) is None
