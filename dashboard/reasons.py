"""Reasons: why arrivals were not kept, in groups, each with its part of all, its trend, its rules, and how to mend it.

In: the books of some days and of as many before, and where the site's settings are for who may change them. Out: groups
of rows for `refused.html`. A number may be a band; then its words are two numbers, and nothing here makes it narrower.
The groups are those of docs/refusals.md, the texts stand in the catalogue under `reason.<name>`. Pure: it asks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from clickhouse.ask.ledger import DECLINED, HOSTS, Amount, Day, Ledger
from clickhouse.rows import Reason
from dashboard import words
from dashboard.charts.spark import sparkline
from dashboard.charts.svg import Markup
from dashboard.words import Change

KINDS: Mapping[str, tuple[str, ...]] = {
    "declined": (DECLINED,),
    "robots": (Reason.BOT, Reason.SPAM),
    "rules": (Reason.EXCLUDED, Reason.THIRD_PARTY, Reason.PIXEL_OFF, Reason.FROZEN, Reason.NO_BASIS),
    "setup": (Reason.UNKNOWN_SITE, Reason.WRONG_HOST, Reason.SCHEME),
    "found": (Reason.NO_VISIT, Reason.DUPLICATE, Reason.UNSTORABLE),
}
"""Groups of reasons, in the order of docs/refusals.md: the layers of the chart."""
SETTING_OF: Mapping[str, str] = {
    Reason.BOT: "allow_agents",
    Reason.EXCLUDED: "exclude",
    Reason.THIRD_PARTY: "first_party_only",
    Reason.PIXEL_OFF: "pixel",
    Reason.NO_BASIS: "legal_basis",
    Reason.FROZEN: "main",
    Reason.WRONG_HOST: "hosts",
}
"""Where on the page of settings a reason can be mended."""
MOST_RULES = 20


class RuleRow(msgspec.Struct, frozen=True):
    """One rule that spoke; `offer` is the host that a click would have counted from now on."""

    name: str
    text: str
    spark: Markup
    offer: str = ""


class ReasonRow(msgspec.Struct, frozen=True, kw_only=True):
    """One reason in the table."""

    key: str
    name: str
    means: str
    todo: str
    text: str
    share: str
    change: Change | None
    spark: Markup
    mend: str
    rules: tuple[RuleRow, ...]
    rules_title: str


class Group(msgspec.Struct, frozen=True):
    key: str
    name: str
    rows: tuple[ReasonRow, ...]


def said(amount: Amount) -> str:
    """An amount in words: 12, or the two ends of a band."""
    if amount.is_exact:
        return words.exact(amount.least)
    return "<10" if amount == Amount(1, 9) else f"{words.exact(amount.least)}–{words.exact(amount.most)}"


def said_share(part: Amount, whole: Amount) -> str:
    """A part of a whole in percent; of bands, the least and the most that it can be."""
    if whole.most == 0:
        return words.NOTHING
    low, high = part.least + whole.most - part.most, part.most + whole.least - part.least
    least = words.percent(100 * part.least / low) if low else words.NOTHING
    most = words.percent(100 * part.most / high) if high else words.NOTHING
    return least if least == most else f"{least}–{most}"


def count_in(day: Day, reason: str) -> Amount:
    """How often a reason was told."""
    if reason == DECLINED:
        return day.declined
    count = day.duplicate if reason == Reason.DUPLICATE else day.refused.get(reason, 0)
    return Amount(count, count)


def groups_of(now: Ledger, before: Ledger, received: Amount, settings: str, *, is_today: bool) -> list[Group]:
    """The reasons that were told, most first in each group."""
    total, made = now.total, []
    for kind, reasons in KINDS.items():
        told = sorted((reason for reason in reasons if count_in(total, reason).most),
                      key=lambda reason: count_in(total, reason).most, reverse=True)  # fmt: skip
        rows = tuple(reason_row(reason, now, before, received, settings, is_today=is_today) for reason in told)
        if rows:
            made.append(Group(kind, words.say(f"refusal.{kind}"), rows))
    return made


def reason_row(reason: str, now: Ledger, before: Ledger, received: Amount, settings: str, *,
               is_today: bool) -> ReasonRow:  # fmt: skip
    count = count_in(now.total, reason)
    names_hosts = reason in HOSTS
    setting = SETTING_OF.get(reason, "")
    return ReasonRow(
        key=reason,
        name=words.say(f"reason.{reason}.name"),
        means=words.say(f"reason.{reason}.means"),
        todo=words.say(f"reason.{reason}.todo"),
        text=said(count),
        share=said_share(count, received),
        change=moved(reason, now, before, is_today=is_today),
        spark=sparkline([count_in(day, reason).least for day in now.days]),
        mend=f"{settings}#{setting}" if settings and setting else "",
        rules=tuple(rule_rows(reason, now, may_mend=bool(settings))),
        rules_title=words.say("refused.hosts") if names_hosts else words.say("refused.rules"),
    )


def moved(reason: str, now: Ledger, before: Ledger, *, is_today: bool) -> Change | None:
    """How a reason moved between days that are over; of a band nobody can say. More of it is worse, but for a no."""
    over = now.days[:-1] if is_today else now.days
    if not over:
        return None
    counts = [sum((count_in(day, reason) for day in days), Amount()) for days in (over, before.days[-len(over) :])]
    if not all(count.is_exact for count in counts):
        return None
    change = words.change(counts[0].least, counts[1].least, "count", up_is_good=False)
    is_news = reason in (*KINDS["setup"], *KINDS["rules"])
    return change if change is None or is_news else msgspec.structs.replace(change, tone="even")


def rule_rows(reason: str, ledger: Ledger, *, may_mend: bool) -> list[RuleRow]:
    """The rules that spoke for a reason, most first."""
    by_rule: dict[str, dict[date, int]] = {}
    for row in ledger.rules:
        if row.reason != reason:
            continue
        days = by_rule.setdefault(row.rule, {})
        days[row.day] = days.get(row.day, 0) + row.count
    shown = sorted(by_rule, key=lambda rule: (-sum(by_rule[rule].values()), rule))[:MOST_RULES]
    return [
        RuleRow(rule, words.exact(sum(by_rule[rule].values())),
                sparkline([by_rule[rule].get(day.day, 0) for day in ledger.days]),
                rule if may_mend and reason == Reason.WRONG_HOST and "." in rule else "")
        for rule in shown
    ]  # fmt: skip
