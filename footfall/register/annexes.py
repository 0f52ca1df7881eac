"""Annexes: the self-assessment for the French authority, the balancing of interests, what a stolen volume contains.

In: Facts. Out: Markdown. Conditions stand beside what is set, and whoever signs judges; sentences that only people can
write are `[to be filled in]`. Nothing here says that a law is kept, or what a visitor need not be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from collector.vid import COOKIE_SECONDS, OLDEST_DAYS
from footfall.register.facts import DAY_SECONDS, Facts
from footfall.register.record import BASES, OPEN, kept_columns
from registry.site import CONSENT_MODES

LONGEST_DAYS = 760
"""25 months: what the authority's conditions allow, and the most that the setting takes."""


def cnil(facts: Facts) -> str:
    """Write the self-assessment: the authority's conditions, and what is set."""
    site = facts.site
    cookie = (
        f"cookie after consent only: {COOKIE_SECONDS // DAY_SECONDS} days in the browser, refused after {OLDEST_DAYS} "
        "days, set once and never prolonged"
        if site.mode in CONSENT_MODES
        else "none: no cookie tells visitors apart; the number of the day dies at midnight"
        if site.mode == "daily"
        else "none: visitors are not told apart"
    )
    rows = (
        ("Used by the site's publisher alone, to measure its audience", "data of a site are shown to its own people "
        "only; "
         "no question reaches over two sites"),
        ("No following across sites, no merging with other data", "numbers are made with a key of the site and its "
        "day; "
         "nothing is imported about visitors"),
        ("Anonymous statistics only", f"analysts and viewers get no answer about fewer than {site.min_group} "
         f"visitors picked out by a filter; owners and data-protection officers see exact figures"),
        ("Tracers live at most 13 months, not prolonged by new visits", cookie),
        (f"Data kept at most 25 months ({LONGEST_DAYS} days)", f"single events: {site.retention_days} days, "
        f"enforced and "
         "proved each night"),
        ("Place no finer than the city; address shortened", f"place: {site.place}; looked up with a shortened address, "
         "which is never stored"),
        ("Visitors are told, and can refuse", f"https://{site.host}/privacy: one press, without JavaScript; Global "
        f"Privacy "
         f"Control: {site.gpc}; Do Not Track: {site.dnt}; notice version {facts.version}"),
        ("Durations can be proved in the real configuration", _audit(facts)),
        ("Reviewed regularly", f"settings in force since {facts.since:%Y-%m-%d}; every change is on record"),
    )  # fmt: skip
    lines = [
        f"# Self-assessment of audience measurement: {site.host}",
        "",
        f"Conditions as the French authority published them for exempt audience measurement, and the settings of "
        f"{facts.at:%Y-%m-%d}. Whether they are met is for the publisher to judge and sign.",
        "",
        "| condition | as it is set | met? |",
        "|---|---|---|",
        *(f"| {condition} | {live} | {OPEN} |" for condition, live in rows),
        "",
        "## Different from the preset fr-exempt",
        "",
        *(f"- {line}" for line in facts.deviations or ("nothing",)),
        "",
        "## Proof",
        "",
        *(f"- passed: {title}" for title in facts.passed or ("no self-audit was made yet",)),
        "",
        f"Publisher: {site.controller or OPEN}. Signed: {OPEN}",
        "",
    ]
    return "\n".join(lines)  # fmt: skip


def lia(facts: Facts) -> str:
    """Write the template of a legitimate-interests assessment."""
    site = facts.site
    apart = {
        "none": "visitors are not told apart",
        "daily": f"visitors are told apart for one day by a number whose key is destroyed at midnight "
        f"({site.timezone})",
        "hybrid": "as for one day; who agrees, by a cookie",
        "consent_only": "only who agreed is recorded at all",
    }[site.mode]
    heard = [
        name
        for name, value in (
            ("Global Privacy Control", site.gpc),
            ("Do Not Track", site.dnt),
            ("cookies switched off", site.cookies_disabled),
        )
        if value == "decline"
    ]
    lines = [
        f"# Balancing of interests: visit statistics of {site.host}", "",
        f"Template, {facts.at:%Y-%m-%d}. Facts are filled in from the live settings; the judgment is yours. "
        f"Legal basis set: {BASES[site.legal_basis]}.", "",
        "## 1 The interest", "", f"- Who pursues it: {site.controller or OPEN}",
        "- To know which pages and features are used, in order to improve the site.", f"- Why it matters here: "
        f"{OPEN}", "",
        "## 2 Is it necessary?", "", "- Address and browser identification are used in memory and never stored.",
        f"- Place is kept as: {site.place}. Page titles: {'on' if site.titles else 'off'}. Query parameters kept: "
        f"{', '.join(site.keep_query) or 'none'}.", f"- Single events are kept {site.retention_days} days.",
        f"- Why less would not do: {OPEN}", "",
        "## 3 The balance", "", f"- {apart[0].upper()}{apart[1:]}.",
        "- Until then a number may relate to a person: it is treated as personal data.",
        f"- Heard as a no: {', '.join(heard) or 'no signal of the browser'}; and the button on the privacy page, "
        f"always.",
        f"- Analysts and viewers get no answer about fewer than {site.min_group} visitors picked out by a filter; "
        f"every look is noted.",
        f"- What visitors expect here, and whether children or special categories are concerned: {OPEN}", "",
        "## 4 Outcome", "", f"- {OPEN}, by whom, on which day, to be reviewed on: {OPEN}", "",
    ]  # fmt: skip
    return "\n".join(lines)


def breach(facts: Facts) -> str:
    """Write what a stolen volume or backup contains, for a notification under Article 33."""
    site, columns = facts.site, kept_columns(facts.site)
    personal = ("page", "source", "place", "device", "feature", "pseudonym")
    names = [name for name, field in columns.items() if field.category in personal]
    number = (
        "Events carry no number of a visitor."
        if site.mode == "none"
        else "Numbers of visitors: those of past days can be linked to nobody by anybody, their keys are destroyed. "
        "Those "
        "of the day of the theft only by whoever also had the memory of the machine: today's key is not on the volume."
    )
    consented = (
        ["Consented visitors: the site's pepper is on the volume. Who has it and a visitor's own cookie can find that "
         f"visitor's events of up to {OLDEST_DAYS} days. Destroy the pepper by removing the site, or let cookies "
         f"run out."]
        if site.mode in CONSENT_MODES else []
    )  # fmt: skip
    lines = [
        f"# What a stolen volume contains: {site.host}", "", f"For a notification under GDPR Article 33, as set on "
        f"{facts.at:%Y-%m-%d}. How many rows: the page Privacy report, or `footfall export`.", "",
        "## In it", "", f"- Events and visits of at most {site.retention_days} days: {', '.join(names)}.",
        f"- {number}", *(f"- {line}" for line in consented),
        f"- Requests of visitors that are open: {facts.open_requests}, with what was written and where to answer.",
        f"- Staff: e-mail addresses of those who may look ({sum(facts.people.values())} at this site), hashes of "
        f"passwords "
        "(argon2id), secrets of second factors, who looked at what for 13 months.",
        "- Hashes of API keys and share links; the key that signs certificates and forms.", "",
        "## Not in it", "", "- Network addresses, browser identifications, cookies of visitors, raw addresses of "
        "pages, "
        "click ids.", "- Today's keys of visitor numbers: they are in memory.", "- Passwords and API keys "
        "themselves.", "",
        "## What to do at once", "",
        "- `footfall salt destroy --site HOST`: forget today's key, if the machine itself may have been read.",
        "- `footfall user password` for everybody, `footfall key revoke`, end share links, delete DATA/form.key and "
        "restart.",
        "- Look at `footfall audit`, and keep the report.",
        f"- Likely consequences, number of people concerned, who was told: {OPEN}", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _audit(facts: Facts) -> str:
    if facts.audit is None:
        return "no self-audit was made yet"
    audit = facts.audit
    told = f"self-audit of {audit.at:%Y-%m-%d}: {audit.passed} passed, {audit.failed} failed"
    return f"{told}; signed, `footfall audit --json`"


ANNEXES: Mapping[str, Callable[[Facts], str]] = {"cnil": cnil, "lia": lia, "breach": breach}
