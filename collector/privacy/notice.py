"""The privacy notice: text from live settings, so it cannot drift from them.

In: a site; for the text also how many people may look, since when its settings are as they are, and a language. Out:
Markdown, and the notice's version: a hash over what it says in English, without figures that are no setting (people,
date). The version stands on the privacy page, in proofs of consent and in receipts, so each tells which notice held.
Every figure in the text is a setting's, or a constant of the code that does it. It states facts and gives no advice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache

from collector.privacy.texts import CATALOGUES, Texts
from collector.vid import OLDEST_DAYS
from registry.site import Site

MONTHLY_AFTER_DAYS = 760
"""When daily totals become monthly ones; a test compares it with the nightly work."""
VERSION_CHARACTERS = 12


@lru_cache(256)
def version_of(site: Site) -> str:
    """Return the version of the notice that holds for these settings."""
    text = "\n".join(_body(site, CATALOGUES["en"], link=f"https://{site.host}/privacy"))
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_CHARACTERS]


def notice_of(site: Site, language: str, *, since: float, link: str = "", people: int | None = None) -> str:
    """Write the notice. `since`: seconds of 1970 when a setting last changed; `link`: the privacy page's address."""
    texts = CATALOGUES[language]
    says = texts.says["notice"]
    head = [
        f"# {says['title'].format(host=site.host)}",
        "",
        says["version"].format(version=version_of(site), date=texts.date(since, site.timezone)),
        "",
    ]
    return "\n".join([*head, *_body(site, texts, link or f"https://{site.host}/privacy", people)]) + "\n"


def _body(site: Site, texts: Texts, link: str, people: int | None = None) -> Iterator[str]:
    says = texts.says["notice"]
    controller = site.controller or says["them"]
    yield from _section("", [says["purpose"].format(host=site.host)])
    yield from _section(says["recorded"], [f"- {part}" for part in _recorded(site, texts)])
    yield from _section(says["unrecorded"], [says["never"]])
    apart = says[f"apart_{site.mode}"].format(zone=site.timezone, days=texts.number(OLDEST_DAYS))
    yield from _section(says["apart"], [apart])
    yield from _section(says["long"], list(_kept(site, texts)))
    who = says["nobody"] if people is None else says["people"]
    seen = [who.format(people=people, controller=controller)]
    seen += [texts.says["rules"]["small"].format(group=texts.number(site.min_group)), texts.says["rules"]["sold"]]
    seen += [says["hosting"].format(hosting=site.hosting)] if site.hosting else []
    yield from _section(says["see"], seen)
    yield from _section(says["no"], list(_refusing(site, texts, link)))
    yield from _section(says["rights"], list(_rights(site, texts, link)))


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if title:
        yield from (f"## {title}", "")
    yield from (*lines, "")


def _recorded(site: Site, texts: Texts) -> Iterator[str]:
    says = texts.says["notice"]
    yield says["page_query" if site.keep_query else "page"].format(names=", ".join(site.keep_query))
    if site.titles:
        yield says["page_title"]
    yield says["source_path" if site.referrer_paths else "source"]
    if site.place != "none":
        yield says["place"].format(place=texts.says["rules"][f"place_{site.place}"])
    yield says["device"]
    yield says["reading"]
    if site.props == "open":
        yield says["features"]
    else:
        name = "features_registered" if site.prop_keys else "features_plain"
        yield says[name].format(names=", ".join(site.prop_keys))


def _kept(site: Site, texts: Texts) -> Iterator[str]:
    says, rules = texts.says["notice"], texts.says["rules"]
    sums = site.after_retention == "anonymise"
    yield rules["kept_as_totals" if sums else "kept"].format(days=texts.days(site.retention_days))
    if sums:
        yield says["monthly"].format(days=texts.days(MONTHLY_AFTER_DAYS), group=texts.number(site.min_group))
    if site.place == "city" and site.age_city_days:
        yield says["age_city"].format(days=texts.days(site.age_city_days))
    if site.place in ("region", "city") and site.age_region_days:
        yield says["age_region"].format(days=texts.days(site.age_region_days))


def _refusing(site: Site, texts: Texts, link: str) -> Iterator[str]:
    says = texts.says["notice"]
    yield says["no_page"].format(link=link, stop=texts.says["choice"]["stop"])
    heard = {"gpc": site.gpc, "dnt": site.dnt, "cookies": site.cookies_disabled}
    signals = [says[f"signal_{name}"] for name, setting in heard.items() if setting == "decline"]
    if signals:
        yield says["no_signals"].format(signals=", ".join(signals))
    if site.gpc == "decline":
        yield says["signal_stricter"]


def _rights(site: Site, texts: Texts, link: str) -> Iterator[str]:
    says, rules = texts.says["notice"], texts.says["rules"]
    yield says["rights_all" if site.contact else "rights_here"].format(link=link, contact=site.contact)
    basis = rules[f"basis_{site.legal_basis}"] if site.legal_basis else ""
    yield rules["basis"].format(basis=basis) if basis else rules["basis_unset"]
    named = {"responsible": site.controller, "dpo": site.dpo, "authority": site.authority}
    for name, value in named.items():
        if value:
            yield says[name].format(**{"controller" if name == "responsible" else name: value})
