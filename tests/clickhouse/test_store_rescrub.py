"""Rescrub: old texts are rewritten everywhere, proved gone, and stand in no statement that the store keeps."""

from __future__ import annotations

import time

from store_world import NOON, event, keep, question, table

from clickhouse.client import Store
from clickhouse.rescrub import Scrubber, rescrub

CANARY = "canary-jane"


def plain(text: str) -> str:
    return text.replace(CANARY, "[user]")


SCRUBBER = Scrubber(
    text=lambda _column, text: plain(text),
    key=plain,
    value=lambda key, value: "[redacted]" if key == "to" else plain(value),
)


def finish(store: Store, *, site_id: int = 1, since: int = 0) -> int:
    """Step until it is done; return how many texts had to be rewritten."""
    rewritten, deadline = 0, time.monotonic() + 60
    while time.monotonic() < deadline:
        step = rescrub(store, site_id, since, SCRUBBER)
        if step is not None and step.is_done:
            return rewritten
        rewritten += step.left if step else 0
    raise AssertionError("never done")


def everything(store: Store, name: str) -> str:
    return str(store.writer.query(f"select * from {name} settings apply_deleted_mask = 0"))


def test_old_texts_are_gone_from_events_and_visits_and_nothing_else_has_changed(any_store: Store) -> None:
    keep(any_store, [
        event(path=f"/u/{CANARY}", title=f"Hello {CANARY}", utm_term=CANARY, visitor=1),
        event(path="/plain", t=5, visitor=1),
        event("Sent", path=f"/u/{CANARY}", t=9, visitor=1, props={"to": "x", f"k-{CANARY}": CANARY, "plan": "pro"}),
        event(path="/other", visitor=2, referrer=f"{CANARY}.example"),
        event(path=f"/loose/{CANARY}", visitor=0),
    ])  # fmt: skip
    asked = question("visitors", "pageviews", dimensions=("entry",))
    before = table(any_store, question("visitors", "pageviews", "events", "visits"))
    assert finish(any_store) > 5

    for name in ("events", "visits"):
        assert CANARY not in everything(any_store, name)
    assert table(any_store, question("visitors", "pageviews", "events", "visits")) == before
    assert ("/u/[user]", 1, 2) in table(any_store, asked)
    ((props,),) = any_store.query("select props from events where name = 'Sent'")
    assert props == {"to": "[redacted]", "k-[user]": "[user]", "plan": "pro"}
    assert finish(any_store) == 0


def test_no_statement_that_the_store_keeps_holds_an_old_text(store: Store) -> None:
    keep(store, [event(path=f"/u/{CANARY}")])
    finish(store)
    told = store.writer.query("select command from system.mutations where database = currentDatabase()")
    assert told
    assert CANARY not in str(told)
    assert store.writer.query("select count() from scrub_pairs") == [(0,)]


def test_what_is_older_and_what_is_another_sites_stays(store: Store) -> None:
    keep(store, [
        event(path=f"/old/{CANARY}", t=-86_400, visitor=1),
        event(path=f"/new/{CANARY}", visitor=2),
        event(path=f"/theirs/{CANARY}", visitor=3, site_id=2),
    ])  # fmt: skip
    assert finish(store, since=NOON // 1000 - 3600) > 0
    paths = {path for (path,) in store.query("select path from events")}
    assert paths == {f"/old/{CANARY}", "/new/[user]", f"/theirs/{CANARY}"}


def test_rows_that_are_only_marked_as_deleted_lose_their_texts_too(store: Store) -> None:
    keep(store, [event(path=f"/u/{CANARY}", visitor=1), event(path="/stays", visitor=2)])
    store.writer.command("delete from events where visitor_id = 1")
    assert CANARY in everything(store, "events")
    finish(store)
    assert CANARY not in everything(store, "events")
