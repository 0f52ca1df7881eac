"""State: is this visitor being measured, said in words, and what has he answered where a site asks.

In: a site's policy, the signals of one request and its cookies. Out: yes or no, the sentence that says why, and the
answer with its date. The decision is consent.py's, the very one that events get; here it is only worded. What a page's
script may know and the server cannot (storage, cookies switched off) is not guessed: `cookies_off` is given where a
cookie of ours has just failed to come back.
"""

from __future__ import annotations

import re

import msgspec

from clickhouse.rows import Reason
from collector.arrival import Consent, Signals
from collector.distill.consent import Outcome, Say, decide
from collector.sender import CONSENT_COOKIE, Head, cookies_of
from registry.site import CONSENT_MODES, Site

DAILY_MODES = ("daily", "hybrid")
_BECAUSE = {
    Outcome.COOKIE: "consent",
    Outcome.DAILY: "daily",
    Outcome.COUNT: "none",
}
_ANSWERED_AT = re.compile(r"1\.[^.]{0,64}\.(\d{1,11})\.[gd]\.[01]?")


class State(msgspec.Struct, frozen=True):
    """`because` and `ignored` are names in the section `state` of the texts."""

    is_measured: bool
    because: str
    has_opted_out: bool
    ignored: tuple[str, ...] = ()
    """Signals of the browser that this site does not take as a no, though the visitor is measured."""


class Answer(msgspec.Struct, frozen=True):
    """What the visitor said where this site asks for consent."""

    consent: Consent
    at: int
    """Seconds since 1970 UTC, as the browser's cookie says; 0: it does not."""


def state_of(site: Site, signals: Signals, *, cookies_off: bool = False) -> State:
    """Decide as for an event of this visitor, and name the reason."""
    if site.state != "active":
        return State(False, "frozen", signals.optout_cookie)
    say = Say(
        optout_cookie=signals.optout_cookie,
        gpc=signals.gpc,
        dnt=signals.dnt,
        consent=signals.consent,
        bot=signals.prefetch,
        cookies_off=cookies_off,
    )
    decision = decide(say, site)
    if decision.outcome is Outcome.DROP:
        return State(False, decision.reason, signals.optout_cookie)
    return State(True, _BECAUSE[decision.outcome], signals.optout_cookie, _ignored(site, signals))


def refused_as(state: State, reason: str) -> State:
    """Correct the state of who declined nothing and is refused all the same: a robot, say, is not counted."""
    if not reason or not state.is_measured:
        return state
    return State(False, "bot" if reason == Reason.BOT else "refused", state.has_opted_out)


def answer_of(site: Site, head: Head, signals: Signals, now: float) -> Answer | None:
    """Return what the visitor answered, or None where this site asks nobody."""
    if site.mode not in CONSENT_MODES or not site.legal_basis:
        return None
    found = [_ANSWERED_AT.fullmatch(value) for value in cookies_of(head).get(CONSENT_COOKIE, ())]
    at = max((int(match[1]) for match in found if match), default=0)
    # A cookie can be written by hand: a day that has not come is no day.
    return Answer(signals.consent, at if at <= now + 60 else 0)


def _ignored(site: Site, signals: Signals) -> tuple[str, ...]:
    told = (("gpc", signals.gpc and site.gpc == "ignore"), ("dnt", signals.dnt and site.dnt == "ignore"))
    return tuple(f"ignored_{name}" for name, holds in told if holds)
