"""Privacy report: what is kept of a visit to this site, for how long, who said no, and who looked.

In: an Opened; the site's settings, the proofs of the nightly work, the books of the ledger, the chain of looks. Out: a
Page. Everything on it follows from settings and records that are in force now; nothing is promised by hand. Who said no
is a band for those under a guard. Who looked is told to those who may read the audit.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import msgspec

from clickhouse.ask.ledger import Ledger, ask_ledger
from dashboard import words
from dashboard.charts.stacked import Stack, stacked_bars
from dashboard.charts.svg import Markup
from dashboard.controls import Choice
from dashboard.ledger import fold, span_of, step_of
from dashboard.own.opening import Opened, Page, bar
from dashboard.own.sheet import Sheet, column
from dashboard.people import Act
from dashboard.reasons import said, said_share
from dashboard.scene import Scene
from registry.audits import Audit
from registry.keeping import Proof
from registry.looks import Look
from registry.site import Site

MOST_LOOKS = 500
"""The newest; of these the page says who looked how often."""


class Kept(msgspec.Struct, frozen=True):
    """One group of what could be kept: `state` is `kept`, `reduced` or `never`."""

    what: str
    state: str
    state_name: str
    how: str


class Looked(msgspec.Struct, frozen=True):
    who: str
    role: str
    times: str
    last: str


class Checked(msgspec.Struct, frozen=True):
    """One check of the last self-audit. Its evidence is for the operator: it may speak of other sites."""

    id: str
    title: str
    state: str
    state_name: str


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of this page needs besides."""

    kept: tuple[Kept, ...]
    long: tuple[str, ...]
    no: str
    note: str
    chart: Markup | None
    chart_title: str
    looked: tuple[Looked, ...]
    may_audit: bool
    looks: str
    audited: str
    checked: tuple[Checked, ...]
    links: tuple[Choice, ...]
    sheet: Sheet


async def make_page(opened: Opened) -> Page:
    scene, registry, site = opened.scene, opened.tools.registry, opened.site
    span = span_of(scene)
    may_audit = opened.may("audit")
    ledger, proof, audit, looks = await asyncio.gather(
        asyncio.to_thread(ask_ledger, opened.tools.store, site.id, site.timezone, span.first, span.last, opened.guard),
        asyncio.to_thread(registry.keeping.last_proof, site.id),
        asyncio.to_thread(registry.audits.last),
        asyncio.to_thread(registry.looks.of_site, site.id, limit=MOST_LOOKS) if may_audit else no_looks(),
    )
    kept = kept_of(site)
    declined, received = ledger.total.declined, ledger.total.received
    sheet = kept_sheet(kept)
    body = Body(
        kept=kept,
        long=tuple(long_of(site, proof)),
        no=words.say("privacy.no", share=said_share(declined, received), count=said(declined)) if declined.most
        else words.say("refused.no_bias"),
        note="" if declined.is_exact else words.say("refused.banded"),
        chart=chart_of(scene, ledger) if declined.most else None,
        chart_title=words.say("privacy.chart"),
        looked=tuple(looked_of(looks)),
        may_audit=may_audit,
        looks=f"{scene.paths.report}/looks",
        audited=audited_of(audit),
        checked=tuple(checked_of(audit)) if may_audit else (),
        links=links_of(opened),
        sheet=sheet,
    )  # fmt: skip
    return Page(
        controls=bar(opened, filters=False),
        title=words.say("privacy.heading"),
        lead=words.say("privacy.lead"),
        sheets=(sheet, declined_sheet(ledger), *((looked_sheet(body.looked),) if may_audit else ())),
        body=body,
        said=words.say("privacy.heading"),
    )


async def no_looks() -> Sequence[Look]:
    return ()


def kept_of(site: Site) -> tuple[Kept, ...]:
    """What is kept of a visit, from the settings in force."""
    switches = {"titles": site.titles, "referrer_paths": site.referrer_paths, "keep_query": bool(site.keep_query)}
    states = {
        "address": ("never", "address"),
        "agent": ("reduced", "agent"),
        "visitor": ("never" if site.mode == "none" else "reduced", f"visitor_{site.mode}"),
        "page": ("reduced", "page"),
        "query": (
            "reduced" if switches["keep_query"] else "never",
            "query_some" if switches["keep_query"] else "query",
        ),
        "title": ("kept" if switches["titles"] else "never", "title_on" if switches["titles"] else "off"),
        "referrer": ("reduced", "referrer_path" if switches["referrer_paths"] else "referrer"),
        "place": ("never" if site.place == "none" else "reduced", f"place_{site.place}"),
        "language": ("reduced", "language"),
        "features": ("kept", "features_registered" if site.props == "registered" else "features"),
        "reading": ("kept", "reading"),
    }
    return tuple(
        Kept(words.say(f"kept.{what}"), state, words.say(f"kept_state.{state}"),
             words.say(f"kept_how.{how}", names=", ".join(site.keep_query)))
        for what, (state, how) in states.items()
    )  # fmt: skip


def long_of(site: Site, proof: Proof | None) -> list[str]:
    """How long what is kept, in sentences."""
    told = [words.say("privacy.salt" if site.mode != "none" else "privacy.no_salt")]
    told.append(words.say(f"privacy.retention_{site.after_retention}", days=site.retention_days))
    if site.age_city_days and site.place == "city":
        told.append(words.say("privacy.city", days=site.age_city_days))
    if proof is not None:
        told.append(words.say("privacy.proof", day=words.day(proof.first_day, year=True),
                              night=words.day(proof.night, year=True)))  # fmt: skip
    return told


def chart_of(scene: Scene, ledger: Ledger) -> Markup | None:
    """People who said no, step by step; of a band its lower end is drawn."""
    interval = step_of(scene, span_of(scene))
    days = fold(ledger.days, scene, span_of(scene), interval)
    if len(days) < 2:
        return None
    stacks = [
        Stack(words.bucket(day.day.isoformat(), interval),
              "\n".join([words.bucket_in_full(day.day.isoformat(), interval), said(day.declined)]),
              (float(day.declined.least),))
        for day in days
    ]  # fmt: skip
    highest = words.exact(int(max(stack.parts[0] for stack in stacks)))
    about = words.say("refused.about", count=len(stacks), highest=highest)
    return stacked_bars(stacks, ["k-declined"], title=words.say("privacy.chart"), about=about, say=words.compact)


def looked_of(looks: Sequence[Look]) -> list[Looked]:
    """Who looked how often; the newest look says with which role and when."""
    known = [look for look in looks if not look.is_dropped]
    times = Counter(look.actor for look in known)
    newest = {look.actor: look for look in reversed(known)}
    return [
        Looked(actor or words.say("privacy.machine"), newest[actor].role, words.exact(count),
               words.day(newest[actor].at.date(), year=True))
        for actor, count in times.most_common()
    ]  # fmt: skip


def audited_of(audit: Audit | None) -> str:
    """Say when the installation was last audited, and with which result."""
    if audit is None:
        return words.say("privacy.no_audit")
    day = words.day(audit.at.date(), year=True)
    return words.say("privacy.audited", day=day, passed=audit.passed, warned=audit.warned, failed=audit.failed,
                     skipped=audit.skipped)  # fmt: skip


def checked_of(audit: Audit | None) -> list[Checked]:
    """Return each check of an audit, those that somebody should look at first."""
    rows = msgspec.json.decode(audit.report)["findings"] if audit else []
    order = {"FAIL": 0, "WARN": 1, "SKIP": 2, "PASS": 3}  # nosec B105
    return [
        Checked(row["id"], row["title"], row["status"].lower(), words.say(f"privacy.is_{row['status'].lower()}"))
        for row in sorted(rows, key=lambda row: order[row["status"]])
    ]


def links_of(opened: Opened) -> tuple[Choice, ...]:
    """Where to read on, as far as this person may."""
    pages: tuple[tuple[str, Act], ...] = (
        ("refused", "look"), ("leaks", "audit"), ("looks", "audit"), ("settings", "configure"),
    )  # fmt: skip
    return tuple(Choice(words.say(f"nav.{room}"), opened.elsewhere(room)) for room, act in pages if opened.may(act))


def kept_sheet(kept: Sequence[Kept]) -> Sheet:
    columns = (column("what", "text"), column("state", "text"), column("how", "text"))
    return Sheet(
        "kept", words.say("privacy.stored"), columns, tuple((one.what, one.state_name, one.how) for one in kept)
    )


def declined_sheet(ledger: Ledger) -> Sheet:
    columns = (column("day", "text"), column("declined_least"), column("declined_most"))
    rows = tuple((day.day.isoformat(), day.declined.least, day.declined.most) for day in ledger.days)
    return Sheet("declined", words.say("privacy.chart"), columns, rows)


def looked_sheet(looked: Sequence[Looked]) -> Sheet:
    columns = (column("who", "text"), column("role", "text"), column("times", "text"), column("last", "text"))
    rows = tuple((one.who, one.role, one.times, one.last) for one in looked)
    return Sheet("looked", words.say("privacy.looked"), columns, rows)
