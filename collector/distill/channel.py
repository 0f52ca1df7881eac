"""Channel: by which kind of way a visit came, in Plausible's order and names.

In: who the source is (directory.py), what the tags say, and the network of a click id. Out: one of `CHANNELS`.
First match wins, and the order is the meaning: what is paid is told before what is free, a named campaign medium before
the class of the host. It reads no URL: everything here is already scrubbed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

from collector.distill.directory import Kind

_PAID = re.compile(r".*cp.*|ppc|retargeting|paid.*")
_SHOP = re.compile(r"(?:.*[^a-df-z])?shop.*|.*shopping.*")
_DISPLAY = frozenset(("display", "banner", "expandable", "interstitial", "cpm"))
_SOCIAL = frozenset(("social", "social-network", "social-media", "sm", "social network", "social media"))
_EMAIL = re.compile(r"e[-_ ]?mail|newsletter", re.IGNORECASE)
_REFERRAL = frozenset(("referral", "app", "link"))


class Clues(msgspec.Struct, frozen=True):
    """All that a channel is told from. `medium`, `campaign` and `word` are lower case."""

    source: str = ""
    kind: Kind | None = None
    is_paid: bool = False
    """The medium or the source's own word says that money was paid."""
    medium: str = ""
    campaign: str = ""
    word: str = ""
    """utm_source, source or ref, as it was written."""
    click: str = ""


def is_paid(medium: str) -> bool:
    return _PAID.fullmatch(medium) is not None


def _is_shopping(clues: Clues) -> bool:
    return clues.kind == "shopping" or _SHOP.fullmatch(clues.campaign) is not None


def _is_search_ad(clues: Clues) -> bool:
    bought = (clues.source, clues.click) in (("Google", "google"), ("Bing", "microsoft"))
    return bought or (clues.kind == "search" and clues.is_paid)


def _is_push(clues: Clues) -> bool:
    medium = clues.medium
    return medium.endswith("push") or "mobile" in medium or "notification" in medium or clues.word == "firebase"


def _is_email(clues: Clues) -> bool:
    tagged = _EMAIL.match(clues.word) or _EMAIL.match(clues.medium) or "newsletter" in clues.word
    return clues.kind == "mail" or bool(tagged)


CHANNELS: dict[str, Callable[[Clues], bool]] = {
    "Cross-network": lambda clues: "cross-network" in clues.campaign,
    "Paid Shopping": lambda clues: clues.is_paid and _is_shopping(clues),
    "Paid Search": _is_search_ad,
    "Paid Social": lambda clues: clues.is_paid and clues.kind == "social",
    "Paid Video": lambda clues: clues.is_paid and clues.kind == "video",
    "Display": lambda clues: clues.medium in _DISPLAY or clues.kind == "ads",
    "Paid Other": lambda clues: clues.is_paid,
    "Organic Shopping": _is_shopping,
    "Organic Social": lambda clues: clues.kind == "social" or clues.medium in _SOCIAL,
    "Organic Video": lambda clues: clues.kind == "video" or "video" in clues.medium,
    "AI Assistants": lambda clues: clues.kind == "assistant",
    "Organic Search": lambda clues: clues.kind == "search" or clues.medium == "organic",
    "Email": _is_email,
    "Affiliates": lambda clues: clues.medium in ("affiliate", "affiliates"),
    "Audio": lambda clues: clues.medium == "audio",
    "SMS": lambda clues: "sms" in (clues.word, clues.medium),
    "Mobile Push Notifications": _is_push,
    "Referral": lambda clues: clues.medium in _REFERRAL or clues.source != "",
    "Direct": lambda _: True,
}
"""Name -> what tells it, in order."""


@lru_cache(1024)
def channel_of(clues: Clues) -> str:
    """Name the channel: the first whose clue is there. Remembered: all whom a campaign brings leave the same clues."""
    return next(name for name, is_told in CHANNELS.items() if is_told(clues))
