"""State: is this visitor being measured, said in words.

In: a site's policy and the signals of one request. Out: yes or no, and the sentence that says why.
The decision is consent.py's, the very one that events get; here it is only worded. What the page's script may know and
the server cannot (storage, cookies switched off) is not guessed.
"""

from __future__ import annotations

import msgspec

from clickhouse.rows import Reason
from collector.arrival import Signals
from collector.distill.consent import Outcome, Say, decide
from registry.site import Site

_BECAUSE = {
    Outcome.COOKIE: "because_consent",
    Outcome.DAILY: "because_daily",
    Outcome.COUNT: "because_none",
}


class State(msgspec.Struct, frozen=True):
    """`because` is a key of texts.py."""

    is_measured: bool
    because: str
    has_opted_out: bool


def state_of(site: Site, signals: Signals) -> State:
    """Decide as for an event of this visitor, and name the reason."""
    if site.state != "active":
        return State(False, "because_frozen", signals.optout_cookie)
    say = Say(
        optout_cookie=signals.optout_cookie,
        gpc=signals.gpc,
        dnt=signals.dnt,
        consent=signals.consent,
        bot=signals.prefetch,
    )
    decision = decide(say, site)
    if decision.outcome is Outcome.DROP:
        return State(False, f"because_{decision.reason}", signals.optout_cookie)
    return State(True, _BECAUSE[decision.outcome], signals.optout_cookie)


def refused_as(state: State, reason: str) -> State:
    """Correct the state of who declined nothing and is refused all the same: a robot, say, is not counted."""
    if not reason or not state.is_measured:
        return state
    return State(False, "because_bot" if reason == Reason.BOT else "because_refused", state.has_opted_out)
