"""Facts: what the documents of the register say of one site, gathered once from registry and settings.

In: an open registry, a site, the settings of the installation. Out: `Facts`, a plain value, from which every document
is written without asking again; a test compares each figure in them with the setting.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from collector.privacy.notice import MONTHLY_AFTER_DAYS, version_of
from collector.settings import Settings
from collector.vid import COOKIE_SECONDS, OLDEST_DAYS
from footfall.night import REFUSALS_DAYS
from registry.audits import Audit
from registry.conformance import deviations
from registry.registry import Registry
from registry.site import CONSENT_MODES, Site
from registry.sites import SiteChange

DAY_SECONDS = 86_400


class Limit(msgspec.Struct, frozen=True):
    """How long something is kept. `days` None: not a matter of days, `how` says."""

    what: str
    days: int | None
    how: str = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said of a site."""

    site: Site
    at: datetime
    since: datetime
    """When a setting was last changed."""
    version: str
    address: str
    """The public address of this installation, or nothing."""
    limits: tuple[Limit, ...]
    people: dict[str, int]
    """Role -> how many may look."""
    keys: tuple[str, ...]
    links: int
    history: tuple[SiteChange, ...]
    audit: Audit | None
    passed: tuple[str, ...]
    """Titles of the checks that passed in the last self-audit."""
    open_requests: int
    deviations: tuple[str, ...]
    """From the preset fr-exempt."""


def gather(registry: Registry, site: Site, settings: Settings) -> Facts:
    """Gather the facts of now."""
    now = datetime.now(UTC)
    audit = registry.audits.last()
    history = registry.sites.history(site.host)
    people: dict[str, int] = {}
    for _, grant in registry.users.at_site(site.id):
        if grant.is_valid_at(now):
            people[grant.role] = people.get(grant.role, 0) + 1
    return Facts(
        site=site,
        at=now,
        since=max((change.at for change in history), default=now),
        version=version_of(site),
        address=settings.base_url,
        limits=tuple(limits_of(site)),
        people=people,
        keys=tuple(f"{key.name or key.id} ({', '.join(key.scopes)})" for key in registry.keys.list(site.host)
                   if key.is_valid_at(now)),
        links=sum(1 for share in registry.shares.list(site.host) if share.is_valid_at(now)),
        history=tuple(history),
        audit=audit,
        passed=tuple(row["title"] for row in findings_of(audit) if row["status"] == "PASS"),
        open_requests=len(registry.requests.list(site.id)),
        deviations=tuple(
            f"{key}: {live or 'empty'} (the preset says {wanted or 'empty'})"
            for key, wanted, live in deviations(msgspec.structs.replace(site, preset="fr-exempt"))
        ),
    )  # fmt: skip


def findings_of(audit: Audit | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode(audit.report)["findings"] if audit else []
    return found


def limits_of(site: Site) -> list[Limit]:
    """Return the time limits in force."""
    limits = [Limit("single events and visits", site.retention_days, "then deleted, and proved to be gone each night")]
    if site.mode != "none":
        limits.append(Limit("key of the visitor numbers", 1, f"destroyed at midnight ({site.timezone})"))
    if site.mode in CONSENT_MODES:
        limits.append(
            Limit(
                "cookie of a consented visitor, in the browser",
                COOKIE_SECONDS // DAY_SECONDS,
                f"never prolonged; worth nothing after {OLDEST_DAYS} days",
            )
        )
        limits.append(Limit("proof of a consent", None, "the life of the consent and three years"))
    if site.after_retention == "anonymise":
        limits.append(Limit("daily sums without visitors", MONTHLY_AFTER_DAYS, "then added up to months"))
        limits.append(Limit("monthly sums", None, f"no group of fewer than {site.min_group} visitors; not limited"))
    if site.place == "city" and site.age_city_days:
        limits.append(Limit("city of a visit", site.age_city_days, "then forgotten, the region stays"))
    if site.place in ("region", "city") and site.age_region_days:
        limits.append(Limit("region of a visit", site.age_region_days, "then forgotten, the country stays"))
    limits.append(Limit("counts of what was refused", REFUSALS_DAYS))
    limits.append(Limit("requests of visitors", None, "three years after they were closed; the words go when closed"))
    limits.append(Limit("who looked at the statistics", None, "13 months"))
    return limits  # fmt: skip
