"""The visitor's cookies: their names, and the only place that writes one.

In: a choice. Out: a `Set-Cookie` value. Every cookie is host-only (no `Domain`), `Path=/`, `SameSite=Lax` and `Secure`,
except that plain http on loopback drops `Secure` and `__Host-`, since a browser would not keep it there. Opt-out and
consent are the same for everyone who chose alike at that second, and can be read by the snippet: they identify nobody
and save a request. The one that does identify, after a consent, is for the server alone (`HttpOnly`).
"""

from __future__ import annotations

from typing import Literal

from collector.arrival import Signals
from collector.sender import (
    CONSENT_COOKIE,
    OPTOUT_COOKIE,
    PLAIN_VID_COOKIE,
    VID_COOKIE,
    Head,
    is_on_loopback,
)
from collector.showing import PLAIN_SHOWING_COOKIE, SHOWING_COOKIE, SHOWING_DAYS
from collector.vid import COOKIE_SECONDS, is_fresh

OPTOUT_SECONDS = 34_560_000
"""400 days, the longest that Chrome keeps any cookie; renewed whenever the snippet or the privacy page is fetched."""
GRANT_SECONDS = COOKIE_SECONDS
DENIAL_SECONDS = 15_552_000
"""180 days: nobody is asked again earlier."""
OUT, IN_AGAIN = "1", "0"
"""`0` stays for as long: a page's storage may still say no, and a missing cookie could not overrule it."""


def choice_cookie(value: str, *, secure: bool) -> str:
    """Return the `Set-Cookie` that keeps a visitor's choice."""
    return _line(OPTOUT_COOKIE, value, OPTOUT_SECONDS, secure=secure)


def consent_cookie(
    choice: Literal["granted", "denied"], version: str, now: float, *, despite_signal: bool, secure: bool
) -> str:
    """Return the `Set-Cookie` that keeps the answer of a visitor who was asked, and by which notice."""
    value = f"1.{version}.{int(now)}.{choice[0]}.{int(despite_signal)}"
    return _line(CONSENT_COOKIE, value, GRANT_SECONDS if choice == "granted" else DENIAL_SECONDS, secure=secure)


def vid_cookie(value: str, *, secure: bool) -> str:
    """Return the `Set-Cookie` of a visitor who agreed to be known again: set once, never renewed."""
    return _line(VID_COOKIE if secure else PLAIN_VID_COOKIE, value, COOKIE_SECONDS, "; HttpOnly", secure=secure)


def no_consent_cookie(*, secure: bool) -> str:
    """Return the `Set-Cookie` that takes an answer away."""
    return _line(CONSENT_COOKIE, "", 0, secure=secure)


def no_vid_cookie(*, secure: bool) -> str:
    """Return the `Set-Cookie` after which the visitor is known again by nothing."""
    return _line(VID_COOKIE if secure else PLAIN_VID_COOKIE, "", 0, "; HttpOnly", secure=secure)


def showing_cookie(value: str, *, secure: bool) -> str:
    """Return the `Set-Cookie` of a visitor who wants to see what is recorded; an empty value takes it away."""
    name = SHOWING_COOKIE if secure else PLAIN_SHOWING_COOKIE
    return _line(name, value, SHOWING_DAYS * 86_400 if value else 0, "; HttpOnly", secure=secure)


def has_stale_vid(signals: Signals, now: float) -> bool:
    """Say whether a visitor carries a cookie that counts no more and has to go."""
    return signals.vid_cookie != "" and not is_fresh(signals.vid_cookie, now)


def _line(name: str, value: str, seconds: int, more: str = "", *, secure: bool) -> str:
    mark = "; Secure" if secure else ""
    return f"{name}={value}; Max-Age={seconds}; Path=/; SameSite=Lax{more}{mark}"


def wants_secure(head: Head, base_url: str) -> bool:
    """Say whether cookies carry `Secure`: always, but for plain http on loopback."""
    return base_url.startswith("https:") or not is_on_loopback(head)
