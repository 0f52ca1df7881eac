"""The page of visitors' requests: what is due when, the steps, the letters, and who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dash_world import World

from registry.letters import LANGUAGES

HERE = "/sites/example.com/requests"
WORDS = "Please erase <b>everything</b> about me"


def ask(world: World, kind: str = "erasure", host: str = "example.com", **more: object) -> int:
    site = world.site_id(host)
    made = world.registry.requests.add(
        f"ref-{kind}-{host}-{len(world.registry.requests.list())}", site, host, kind, WORDS, "jane@example.org",
        receipt_sha256="0" * 64, **more,
    )  # fmt: skip
    return made.id


@pytest.mark.parametrize("who", ["owner", "admin", "dpo"])
def test_what_was_asked_is_listed_with_its_day_and_its_words(world: World, who: str) -> None:
    ask(world)
    text = world.browser(who).get(HERE).text
    assert "Answer by 22 Dec" in text
    assert "Please erase &lt;b&gt;everything&lt;/b&gt; about me" in text
    assert "jane@example.org" in text


def test_the_one_that_is_due_first_stands_first_and_an_overdue_one_says_so(world: World) -> None:
    late, early = ask(world, "access"), ask(world, "complaint")
    world.registry.requests.extend(late, "it is much", by="dpo@example.com")
    world.clock[0] += timedelta(days=31)
    text = world.browser("dpo").get(HERE).text
    assert text.index(f"#{early}") < text.index(f"#{late}")
    assert "overdue" in text


def test_a_notice_stands_on_the_report_of_whoever_answers_and_of_nobody_else(world: World) -> None:
    assert "waits for an answer" not in world.browser("dpo").get("/sites/example.com").text
    ask(world)
    assert "1 visitor waits for an answer." in world.browser("dpo").get("/sites/example.com").text
    assert "waits for an answer" not in world.browser("viewer").get("/sites/example.com").text
    assert WORDS not in world.browser("dpo").get("/sites/example.com").text


def test_extending_needs_a_reason_and_is_told(world: World) -> None:
    number, browser = ask(world), world.browser("dpo")
    refused = browser.post(HERE, data={"id": number, "do": "extend", "reason": " "})
    assert refused.status_code == 400
    assert browser.post(HERE, data={"id": number, "do": "extend", "reason": "Holidays"}).status_code == 303
    text = browser.get(HERE).text
    assert "Answer by 22 Feb" in text
    assert "Holidays" in text
    assert browser.post(HERE, data={"id": number, "do": "extend", "reason": "Again"}).status_code == 400


def test_closing_blanks_what_was_written_and_keeps_the_outcome(world: World) -> None:
    number, browser = ask(world), world.browser("dpo")
    assert browser.post(HERE, data={"id": number, "do": "close", "outcome": "refused"}).status_code == 303
    text = browser.get(HERE).text
    assert "Please erase" not in text
    assert "jane@example.org" not in text
    assert "Refused" in text
    closed = world.registry.requests.get(number)
    assert (closed.outcome, closed.message, closed.reply_to, closed.handled_by) == (
        "refused", "", "", "dpo@example.com",
    )  # fmt: skip
    assert browser.post(HERE, data={"id": number, "do": "close", "outcome": "done"}).status_code == 400


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", ["acknowledge", "done", "refuse"])
def test_a_letter_is_made_from_the_request_and_the_settings(world: World, letter: str, language: str) -> None:
    world.registry.sites.set("example.com", {"retention_days": "123"})
    number = ask(world)
    text = world.browser("dpo").get(f"{HERE}?id={number}&letter={letter}&lang={language}").text
    body = text.split('<pre class="letter"')[1].split("</pre>")[0]
    assert "example.com" in body
    assert "2026-11-22" in body
    assert "{" not in body
    assert ("123" in body) == (letter == "done")
    assert ("11 " in body.replace("2026-11-22", "")) == (letter == "refuse")
    assert "jane@" not in body


def test_another_sites_request_is_not_there(world: World) -> None:
    number = ask(world, host="other.example")
    browser = world.browser("dpo")
    assert WORDS not in browser.get(HERE).text
    assert browser.get(f"{HERE}?id={number}&letter=done").status_code == 404
    browser.post(HERE, data={"id": number, "do": "close", "outcome": "done"})
    assert world.registry.requests.get(number).status == "open"
    for junk in ("x", "9" * 30, "", "-1"):
        assert browser.get(f"{HERE}?id={junk}&letter=done").status_code == 404
    assert browser.get(f"{HERE}?id={ask(world)}&letter=praise").status_code == 400


def test_steps_are_noted_without_what_was_written(world: World) -> None:
    number = ask(world)
    world.browser("dpo").post(HERE, data={"id": number, "do": "close", "outcome": "done"})
    look = world.registry.looks.of_site(world.site_id())[0]
    assert (look.actor, look.action, look.object, look.params) == (
        "dpo@example.com", "request step", f"request {number}", "close",
    )  # fmt: skip


def test_a_request_the_operator_handed_on_says_so(world: World) -> None:
    ask(world, channel="operator")
    assert "Handed on by the operator" in world.browser("dpo").get(HERE).text
