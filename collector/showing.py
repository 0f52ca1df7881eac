"""Showing: the cookie by which a visitor sees what is recorded from now on, because he asked for it. A leaf.

In: the head of a request. Out: the cookie's value, or nothing. It is random, for the server alone, and good for thirty
days at most; whoever holds it may see, take along and erase exactly the events that were recorded with it.
On plain http of this machine it goes without `__Host-`, and only there is that name believed: elsewhere a neighbour
below the same domain could set it for us.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SHOWING_COOKIE = "__Host-footfall_dsr"
PLAIN_SHOWING_COOKIE = "footfall_dsr"
SHOWING_DAYS = 30
_VALUE = re.compile(r"[A-Za-z0-9._-]{16,128}")


def showing_of(head: Mapping[bytes, bytes], *, secure: bool) -> str:
    """Return the value of the show-me cookie; `secure`: this is not plain http on loopback."""
    raw = head.get(b"cookie", b"")
    if b"footfall_dsr" not in raw:
        return ""
    wanted = SHOWING_COOKIE if secure else PLAIN_SHOWING_COOKIE
    for pair in raw.decode("latin-1").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted and _VALUE.fullmatch(value):
            return value
    return ""
