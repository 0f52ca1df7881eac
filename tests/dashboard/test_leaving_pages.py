"""Taking a site's events along and removing it: who may, what has to be said first, and what is told of it."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from dash_world import PASSWORD, Browser, World

from registry.totp import code_at, step_of

REASON = "A question of the auditors"


@pytest.fixture(autouse=True)
def some_views(world: World) -> None:
    world.views(7, path="/a")
    world.views(2, path="=1+1")


def events_of(world: World) -> int:
    site = world.registry.sites.get("example.com")
    return int(world.store.query("select count() from events where site_id = {n:UInt32}", {"n": site.id})[0][0])


def test_an_owner_takes_every_event_along_and_the_reason_stands_among_who_looked(world: World) -> None:
    answer = world.browser("owner").post("/sites/example.com/export", data={"kind": "ndjson", "reason": REASON})
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert len(rows) == events_of(world) > 0
    assert "attachment" in answer.headers["content-disposition"]
    site = world.registry.sites.get("example.com")
    look = world.registry.looks.of_site(site.id)[0]
    assert (look.action, look.purpose, look.rows) == ("export", REASON, len(rows))


def test_the_csv_has_one_head_and_no_formula(world: World) -> None:
    answer = world.browser("owner").post("/sites/example.com/export", data={"kind": "csv", "reason": REASON})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == events_of(world)
    assert not [row for row in rows if row["path"].startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("reason", ["", "   ", "why"])
def test_without_a_reason_there_is_no_file(world: World, reason: str) -> None:
    answer = world.browser("owner").post("/sites/example.com/export", data={"kind": "csv", "reason": reason})
    assert answer.status_code == 400
    assert "attachment" not in answer.headers.get("content-disposition", "")


def test_single_events_are_not_for_every_role(world: World) -> None:
    for who, status in (("viewer", 403), ("admin", 403), ("stranger", 404)):
        answer = world.browser(who).post("/sites/example.com/export", data={"kind": "csv", "reason": REASON})
        assert answer.status_code == status, who


def test_only_some_days_are_taken_when_only_some_are_asked_for(world: World) -> None:
    form = {"kind": "ndjson", "reason": REASON, "from": "1999-01-01", "to": "1999-01-02"}
    assert world.browser("owner").post("/sites/example.com/export", data=form).text == ""
    assert world.browser("owner").post("/sites/example.com/export", data=form | {"to": "soon"}).status_code == 400


def test_a_site_is_removed_only_when_its_name_is_typed(world: World) -> None:
    browser = world.browser("owner")
    for typed in ("", "other.example", "example.co"):
        answer = browser.post("/sites/example.com/remove", data={"do": "freeze", "host": typed})
        assert answer.status_code == 400
    assert world.registry.sites.get("example.com").state == "active"
    assert browser.post("/sites/example.com/remove", data={"do": "freeze", "host": " Example.com "}).status_code == 303
    assert world.registry.sites.get("example.com").state == "frozen"
    for page in ("", "/settings", "/remove"):
        assert "Bring it back" in browser.get(f"/sites/example.com{page}").text or page == "/remove"
    assert browser.post("/sites/example.com/remove", data={"do": "restore"}).status_code == 303
    assert world.registry.sites.get("example.com").state == "active"


def test_whoever_has_a_second_factor_needs_it_to_remove_a_site(world: World) -> None:
    browser = world.browser("owner")
    user = world.registry.users.get("owner@example.com")
    secret = world.registry.factors.offer(user.id)
    assert secret
    world.registry.factors.confirm(user.id, code_at(secret, step_of(world.registry._database.now())))
    assert world.registry.factors.is_on(user.id)
    form = {"do": "freeze", "host": "example.com"}
    assert "second factor" in browser.get("/sites/example.com/remove").text
    for code in ("", "000000"):
        assert browser.post("/sites/example.com/remove", data=form | {"code": code}).status_code == 400
    assert world.registry.sites.get("example.com").state == "active"


def second_owner(world: World) -> Browser:
    world.registry.users.add("second@example.com", PASSWORD, "owner", "example.com")
    return world.browser("second")


def test_delete_requires_two_steps_of_two_owners(world: World) -> None:
    second, first, form = second_owner(world), world.browser("owner"), {"do": "freeze", "host": "example.com"}
    assert "more than one owner" in first.get("/sites/example.com/remove").text
    for _ in range(2):  # the same person twice is one person
        assert first.post("/sites/example.com/remove", data=form).status_code == 303
        assert world.registry.sites.get("example.com").state == "active"
    assert "(second@example.com) has to confirm" in first.get("/sites/example.com/remove").text
    assert "owner@example.com wants" in second.get("/sites/example.com/remove").text
    assert second.post("/sites/example.com/remove", data=form | {"host": "other.example"}).status_code == 400
    assert world.registry.sites.get("example.com").state == "active"
    assert second.post("/sites/example.com/remove", data=form).status_code == 303
    site = world.registry.sites.get("example.com")
    assert site.state == "frozen"
    assert site.frozen_until
    assert site.frozen_until - world.registry.now() > timedelta(days=6)
    second.post("/sites/example.com/remove", data={"do": "restore"})
    assert world.registry.partings.wished(site.id) is None


def test_a_wish_to_remove_can_be_taken_back_and_ends_with_the_ownership(world: World) -> None:
    second, first, form = second_owner(world), world.browser("owner"), {"do": "freeze", "host": "example.com"}
    first.post("/sites/example.com/remove", data=form)
    assert second.post("/sites/example.com/remove", data={"do": "withdraw"}).status_code == 303
    second.post("/sites/example.com/remove", data=form)
    assert world.registry.sites.get("example.com").state == "active"
    world.registry.users.grant("second@example.com", "viewer", "example.com")
    first.post("/sites/example.com/remove", data=form)
    assert world.registry.sites.get("example.com").state == "frozen"


def test_the_right_code_of_a_second_factor_stands_for_the_second_owner(world: World) -> None:
    second_owner(world)
    browser, user = world.browser("owner"), world.registry.users.get("owner@example.com")
    secret = world.registry.factors.offer(user.id)
    assert secret
    step = step_of(world.registry.now())
    world.registry.factors.confirm(user.id, code_at(secret, step))
    form = {"do": "freeze", "host": "example.com", "code": code_at(secret, step + 1)}
    assert browser.post("/sites/example.com/remove", data=form | {"code": "000000"}).status_code == 400
    assert browser.post("/sites/example.com/remove", data=form).status_code == 303
    assert world.registry.sites.get("example.com").state == "frozen"
