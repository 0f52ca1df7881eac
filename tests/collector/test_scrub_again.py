"""Scrubbing again: what was kept yesterday comes out as it would be kept today, and what is clean stays as it is."""

from __future__ import annotations

import pytest
from distill_world import arrive, case_rows, event, site

from collector.distill.scrub.again import key_again, remembering, scrub_again

HERE = site(redact=("/staff/*", "/r/:code"), keep=("/users/guide",), redact_props=("size",))

OLD = [
    ("path", "/u/jane@corp.com", "/u/[email]"),
    ("page", "/staff/jane", "/staff/[redacted]"),
    ("entry", "/r/spring", "/r/[code]"),
    ("exit", "/users/guide", "/users/guide"),
    ("path", "/users/jane", "/users/[user]"),
    ("title", "Inbox - jane@corp.com", "Inbox - [email]"),
    ("feature", "Sent to jane@corp.com", "Sent to [email]"),
    ("name", "pageview", "pageview"),
    ("name", "engagement", "engagement"),
    ("utm_term", "call +44 20 7946 0958", "call [phone]"),
    ("source", "(continued)", "(continued)"),
    ("source", "Google", "Google"),
    ("hostname", "203.0.113.7", "[ip]"),
    ("referrer", "else.example/u/jane@corp.com", "else.example/u/[email]"),
    ("referrer", "android-app://com.example.app", "android-app://com.example.app"),
    ("referrer", "else.example", "else.example"),
    ("query", "q=jane@corp.com&page=2", "q=[email]&page=2"),
    ("query", "email=x&q=a%26b", "email=[redacted]&q=a%26b"),
    ("prop:to", "jane@corp.com", "[email]"),
    ("prop:email", "x", "[redacted]"),
    ("prop:size", "9", "[redacted]"),
    ("prop:plan", "pro", "pro"),
    ("country", "DE", "DE"),
    ("path", "", ""),
]


@pytest.mark.parametrize(("column", "stored", "now"), OLD)
def test_a_stored_text_becomes_what_it_would_be_today(column: str, stored: str, now: str) -> None:
    assert scrub_again(HERE, column, stored) == now
    assert scrub_again(HERE, column, now) == now
    again = remembering()
    assert again(HERE, column, stored) == again(HERE, column, stored) == now


def test_another_sites_rules_are_not_remembered_for_this_one() -> None:
    again = remembering()
    assert again(HERE, "path", "/staff/jane") == "/staff/[redacted]"
    assert again(site(), "path", "/staff/jane") == "/staff/jane"


def test_what_is_kept_today_is_not_changed_by_scrubbing_it_again() -> None:
    for row in case_rows("scrub"):
        if row["kind"] != "url" or "drop" in row["expected"]:
            continue
        where = site(host="ex.com", keep_query=tuple(row["site"].get("keep", ())))
        kept = event(arrive(row["input"]), where)
        for column in ("path", "query", "utm_source", "utm_campaign", "utm_term", "referrer", "hostname", "name"):
            text = getattr(kept, column)
            assert scrub_again(where, column, text) == text, (row["id"], column)


def test_a_key_is_scrubbed_like_any_other_text() -> None:
    assert key_again("jane@corp.com") == "[email]"
    assert key_again("plan") == "plan"
