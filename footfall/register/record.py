"""The record of processing activities of one site: GDPR Article 30(1) as controller, 30(2) as processor.

In: Facts. Out: entries in the order of the article; as Markdown, JSON or CSV. What only people can know stands as
`[to be filled in]`. Fields and their purposes are those of clickhouse/fields.toml and registry/purposes.toml, which
tests hold against the tables.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from clickhouse.fields import Field, declared
from dashboard.export import safe_cell
from footfall.register.facts import Facts, Limit
from registry.purposes import purposes
from registry.site import CONSENT_MODES, Site

View = Literal["controller", "processor"]
OPEN = "[to be filled in]"
BASES = {
    "": f"{OPEN}: footfall site set HOST legal_basis=…",
    "consent": "consent, Article 6(1)(a)",
    "legitimate_interest": "legitimate interests, Article 6(1)(f); the balancing: footfall register HOST --annex lia",
    "exempt_measurement": "audience measurement as national law allows it; the ground under Article 6 is to be "
    "named beside it",
}
CATEGORIES = {
    "time": "time",
    "page": "pages",
    "source": "where a visit came from",
    "place": "rough place",
    "device": "browser, system, device, language",
    "reading": "how long and how far a page was read",
    "feature": "features used",
    "pseudonym": "numbers that tell visits of one day apart",
    "consent": "marks of visitors who agreed, or asked to be shown their records",
    "refusal": "counts of what was not kept",
}


class Entry(msgspec.Struct, frozen=True):
    """One heading of the record."""

    article: str
    heading: str
    lines: tuple[str, ...]


def entries_of(facts: Facts, view: View) -> list[Entry]:
    """Return the record, heading by heading."""
    return _as_controller(facts) if view == "controller" else _as_processor(facts)


def _as_controller(facts: Facts) -> list[Entry]:
    site = facts.site
    return [
        Entry("30(1)(a)", "Controller", (site.controller or OPEN, f"Contact: {site.contact or OPEN}",
                                         f"Data-protection officer: {site.dpo or OPEN}")),
        Entry("30(1)(b)", "Purposes", (
            f"Statistics of visits to {site.host}, to improve it: how visitors came, which pages and features they "
            f"used, "
            "roughly where from.", "Nothing else; no profiles, no advertising, no decisions about a person.",
            f"Legal basis: {BASES[site.legal_basis]}")),
        Entry("30(1)(c)", "Categories of data subjects", ("Visitors of the site", "Staff who may look at the "
        "statistics")),
        Entry("30(1)(c)", "Categories of personal data of visitors", tuple(_fields(facts))),
        Entry("30(1)(c)", "Categories of personal data beside the statistics", tuple(_registry())),
        Entry("30(1)(d)", "Recipients", tuple(_recipients(facts))),
        Entry("30(1)(e)", "Transfers to third countries", (
            f"Where the data lies: {site.hosting or OPEN}", "The software itself sends nothing to anybody.")),
        Entry("30(1)(f)", "Time limits", tuple(_limit(limit) for limit in facts.limits)),
        Entry("30(1)(g)", "Technical and organisational measures", tuple(_measures(facts))),
    ]  # fmt: skip


def _as_processor(facts: Facts) -> list[Entry]:
    site = facts.site
    changes = [
        f"{change.at:%Y-%m-%d %H:%M} UTC, {change.actor}: {change.key}: {change.before or 'empty'} -> "
        f"{change.after or 'empty'}"
        for change in facts.history
    ]
    return [
        Entry("30(2)(a)", "Processor", (f"{OPEN}: whoever runs {facts.address or 'this installation'}",)),
        Entry("30(2)(a)", "Controller on whose behalf", (site.controller or OPEN, f"Contact: {site.contact or OPEN}",
                                                         f"Data-protection officer: {site.dpo or OPEN}")),
        Entry("30(2)(b)", "Categories of processing", (
            f"Receiving, reducing, storing, adding up and deleting events of {site.host}; showing sums to its people; "
            "carrying out visitors' rights.",)),
        Entry("30(2)(b)", "Sub-processors", (f"Hosting: {site.hosting or OPEN}", "The software uses no other "
        "service.")),
        Entry("30(2)(c)", "Transfers to third countries", (f"Where the data lies: {site.hosting or OPEN}",)),
        Entry("30(2)(d)", "Technical and organisational measures", tuple(_measures(facts))),
        Entry("28(3)(a)", "Instructions: every setting, who gave it, and when", tuple(changes) or ("none yet",)),
    ]  # fmt: skip


def kept_columns(site: Site) -> dict[str, Field]:
    """Return the columns that the site's settings ever fill."""
    ladder = {"none": 0, "country": 1, "region": 2, "city": 3}[site.place]
    never = set(("country", "region", "city")[ladder:])
    never |= set() if site.titles else {"title"}
    never |= set() if site.keep_query else {"query"}
    never |= {"visitor_id", "visit_id"} if site.mode == "none" else set()
    never |= set() if site.mode in CONSENT_MODES else {"consented"}
    return {name: field for name, field in declared().columns.items() if name not in never}


def _fields(facts: Facts) -> list[str]:
    """Name what is kept of a visit, by category."""
    columns, told = kept_columns(facts.site), []
    for category, label in CATEGORIES.items():
        names = [f"{name} ({field.source})" for name, field in columns.items() if field.category == category]
        if names:
            told.append(f"{label}: {', '.join(names)}")
    told.append("Never kept: network address, browser identification, cookies, click ids, query strings as a whole.")
    return told


def _registry() -> list[str]:
    return [f"{row.subjects}: {row.purpose} (table {table}; {row.kept})"
            for table, row in purposes().items() if row.subjects != "nobody"]  # fmt: skip


def _recipients(facts: Facts) -> list[str]:
    people = [f"{count} with the role {role}" for role, count in sorted(facts.people.items())]
    return [
        f"People of the controller: {', '.join(people) or 'nobody was let in by name yet'}",
        f"Programs with a key: {', '.join(facts.keys) or 'none'}",
        f"Share links to the report: {facts.links}",
        f"Processor and hosting: {facts.site.hosting or OPEN}",
        f"Analysts and viewers get no answer about fewer than {facts.site.min_group} visitors picked out by a filter; "
        "share links show no row of fewer than that, and none below 10.",
        "Nothing is sold, and nothing is sent to anybody.",
    ]


def _limit(limit: Limit) -> str:
    days = "" if limit.days is None else f"{limit.days} day{'' if limit.days == 1 else 's'}"
    return f"{limit.what}: {', '.join(word for word in (days, limit.how) if word)}"


def _measures(facts: Facts) -> list[str]:
    if facts.audit is None:
        return [f"{OPEN}: no self-audit was made yet (footfall audit)"]
    audit = facts.audit
    told = (
        f"Self-audit of {audit.at:%Y-%m-%d}: {audit.passed} checks passed, {audit.warned} warned, {audit.failed} "
        f"failed, {audit.skipped} could not be made. Passed were:"
    )
    return [told, *facts.passed, "Organisational measures: " + OPEN]


def as_markdown(facts: Facts, view: View) -> str:
    lines = [
        f"# Record of processing: visit statistics of {facts.site.host}",
        "",
        f"As {view}, GDPR Article {'30(1)' if view == 'controller' else '30(2)'}. Written on "
        f"{facts.at:%Y-%m-%d} from the settings in force since {facts.since:%Y-%m-%d} (notice {facts.version}).",
        "",
    ]
    for entry in entries_of(facts, view):
        lines += [f"## {entry.heading} ({entry.article})", "", *(f"- {line}" for line in entry.lines), ""]
    return "\n".join(lines)  # fmt: skip


def as_json(facts: Facts, view: View) -> str:
    told: dict[str, Any] = {
        "site": facts.site.host,
        "view": view,
        "at": facts.at.isoformat(timespec="seconds"),
        "notice": facts.version,
        "limits": facts.limits,
        "entries": entries_of(facts, view),
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode("utf-8") + "\n"


def as_csv(entries: Sequence[Entry]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("article", "heading", "text"))
    for entry in entries:
        writer.writerows((entry.article, entry.heading, safe_cell(line)) for line in entry.lines)
    return out.getvalue()
