"""Consent: may this be counted, and under what kind of identity? The visitor's say meets the site's policy.

In: `Say`, the facts one side can see, and the site's settings. Out: a `Decision`: DROP, COUNT (no identity), DAILY (the
number of the day) or COOKIE (the consented id), with the reason.
Invariant: declining wins. An opt-out beats a denial beats GPC and DNT beats disabled cookies beats a consent beats the
site's default, and adding a decline never turns a DROP into anything else.
`decide` is the only place that knows these rules: the snippet's port of it and the documentation are checked against
vectors made from it (vectors.py). It reads no request and no cookie; the caller did.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from collector.arrival import Consent
from registry.site import Site

Side = Literal["js", "pixel", "server"]


class Outcome(StrEnum):
    """What becomes of an arrival, from least to most."""

    DROP = "DROP"
    COUNT = "COUNT"
    DAILY = "DAILY"
    COOKIE = "COOKIE"


class Say(msgspec.Struct, frozen=True):
    """What the visitor says, as far as one side can see it. The server never sees the page's storage."""

    optout_cookie: bool = False
    optout_storage: bool = False
    gpc: bool = False
    dnt: bool = False
    cookies_off: bool = False
    consent: Consent = "unset"
    bot: bool = False
    transport: Side = "js"


class Decision(msgspec.Struct, frozen=True):
    """The outcome and why. The reason of a DROP is a `Reason` of clickhouse/rows.py."""

    outcome: Outcome
    reason: str


def decide(say: Say, site: Site) -> Decision:
    """Decide whether and how deeply to count; first match wins (docs/privacy.md, "Who wins")."""
    # With cookies off, a cookie is something the page cannot have read: it neither consents nor objects.
    consent = "unset" if say.cookies_off else say.consent
    declined = _why_not(say, site, consent)
    if declined:
        return Decision(Outcome.DROP, declined)
    return _how_deep(say, site, consent)


def _why_not(say: Say, site: Site, consent: Consent) -> str:
    """Name the first reason not to count, or nothing."""
    if say.transport == "pixel" and site.pixel == "off":
        return "pixel_off"
    if say.bot:
        return "bot"
    if say.optout_storage or (say.optout_cookie and not say.cookies_off):
        return "optout"
    if consent == "denied" and site.denied == "drop":
        return "denied"
    signal = _signal(say, site, consent)
    if signal:
        return signal
    if say.cookies_off and site.cookies_disabled == "decline":
        return "cookies_off"
    return "no_consent" if site.mode == "consent_only" and not _answered(say, consent) else ""


def _signal(say: Say, site: Site, consent: Consent) -> str:
    """Name the browser's own objection, unless a consent was given while it was already on (specific beats general)."""
    if consent == "granted_gpc":
        return ""
    if say.gpc and site.gpc == "decline":
        return "gpc"
    if say.dnt and site.dnt == "decline":
        return "dnt"
    return ""


def _answered(say: Say, consent: Consent) -> bool:
    """Tell whether a site that waits for consent has an answer it may act upon.

    A denial is one where the site counts those who deny; a pixel cannot have been asked.
    """
    return consent in ("granted", "granted_gpc") or (consent == "denied" and say.transport != "pixel")


def _how_deep(say: Say, site: Site, consent: Consent) -> Decision:
    """Choose the deepest identity that the visitor's say and the site's mode both allow."""
    if say.cookies_off and site.cookies_disabled == "count":
        return Decision(Outcome.COUNT, "cookies_off")
    if say.transport == "pixel":
        return Decision(Outcome.COUNT, "pixel")
    if consent == "denied":
        numbered = site.denied == "daily" and site.mode in ("daily", "hybrid")
        return Decision(Outcome.DAILY if numbered else Outcome.COUNT, "denied")
    if site.mode == "none":
        return Decision(Outcome.COUNT, "mode_none")
    if consent != "unset" and site.mode in ("hybrid", "consent_only"):
        return Decision(Outcome.COOKIE, "consent")
    return Decision(Outcome.DAILY, "daily")
