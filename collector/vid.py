"""Vid: the value of the cookie by which a visitor who agreed is known again. Made here, judged here, never stored.

    1.<day it was made, since 1970, base 36>.<128 random bits, base64url>

In: a clock. Out: a new value; or whether a value that came back may still be used. Its day is in it so that it can
neither be prolonged nor outlive 395 days, whatever a browser does: it is set once and never renewed.
"""

from __future__ import annotations

import re
import secrets

COOKIE_SECONDS = 33_696_000
"""390 days: the cookie's `Max-Age`, below the 13 months that the French authority allows a tracer."""
OLDEST_DAYS = 395
_DAY_SECONDS = 86_400
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FORM = re.compile(r"1\.([0-9a-z]{1,6})\.[A-Za-z0-9_-]{22}")


def new_vid(now: float) -> str:
    """Make a value at `now`, in seconds since 1970."""
    return f"1.{_base36(int(now) // _DAY_SECONDS)}.{secrets.token_urlsafe(16)}"


def is_vid(value: str) -> bool:
    """Say whether `value` is written as ours are."""
    return _FORM.fullmatch(value) is not None


def is_fresh(value: str, now: float) -> bool:
    """Say whether a value may still be used: ours, made at most 395 days ago, and not in the future."""
    found = _FORM.fullmatch(value)
    if found is None:
        return False
    # A day of grace: two clocks of ours may stand on two sides of midnight.
    return -1 <= int(now) // _DAY_SECONDS - int(found[1], 36) <= OLDEST_DAYS


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
