"""Visitor: the number that tells one visitor from another on one site for one day, and says nothing else.

In: address, agent, the site's salt of its local day, and what the visitor's say allows. Out: 64 bits, or 0 for "counted
without identity".
Invariants: only two inputs, each with its length, so that no two pairs spell the same message; another site or another
day has another salt, so the numbers have nothing in common; without the salt, destroyed at midnight, the way back
is closed for everyone. IPv4 counts whole, IPv6 by its /64, because hosts change the rest at will.
A visitor who agreed has a cookie, and a number made from that and the site's pepper instead: it outlives the day, and
neither address nor agent is in it. Who agreed and has no cookie (yet) gets the number of the day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from zoneinfo import ZoneInfo

from collector.distill.prefix import packed

MAX_AGENT = 512
PERSON = b"visitor-v1"
CONSENTED_PERSON = b"consented-v1"
SHOWN_PERSON = b"shown-v1"
NOBODY = 0

Salt = Callable[[int, date], bytes]
Pepper = Callable[[int], bytes]
"""The pepper of a site, or nothing where it has none."""


def local_day(moment_ms: int, timezone: str) -> date:
    """Find the day in the site's own zone: that is when its visitors become new ones."""
    return _day_of(moment_ms // 1000, timezone)


@lru_cache(256)
def _day_of(second: int, timezone: str) -> date:
    """Remembered by the second: in a crowd a thousand events ask for the same one."""
    return datetime.fromtimestamp(second, ZoneInfo(timezone)).date()


def number(site_id: int, address: str, agent: str, salt: bytes) -> int:
    """Compute the number of the day; 0 when there is no address to tell anyone apart by."""
    network = packed(address)[:8]
    if not network:
        return NOBODY
    words = agent.encode("utf-8", "replace")[:MAX_AGENT]
    version = b"\x04" if len(network) == 4 else b"\x06"
    message = b"".join(
        (
            site_id.to_bytes(4, "big"),
            (1 + len(network)).to_bytes(1, "big"),
            version,
            network,
            len(words).to_bytes(2, "big"),
            words,
        )
    )
    return int.from_bytes(blake2b(message, key=salt, digest_size=8, person=PERSON).digest(), "big")


def consented_number(cookie: str, pepper: bytes) -> int:
    """Compute the number of a visitor who agreed, from the cookie's bytes alone."""
    made = blake2b(cookie.encode("ascii", "replace"), key=pepper, digest_size=8, person=CONSENTED_PERSON)
    return int.from_bytes(made.digest(), "big")


def shown_number(cookie: str, pepper: bytes) -> int:
    """Compute what marks the events of a visitor who asked to be shown them, from the cookie's bytes alone."""
    made = blake2b(cookie.encode("ascii", "replace"), key=pepper, digest_size=8, person=SHOWN_PERSON)
    return int.from_bytes(made.digest(), "big")
