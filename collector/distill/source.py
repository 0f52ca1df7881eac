"""Source: where a visit came from, as names that tell nothing of the person who came.

In: the referrer, the tags of the page's query, the site, and memoised look-ups of hosts and words. Out: `Source`, or
the refusal of a forged referrer (`spam`).
Rule: `utm_source`, else `source`, else `ref`, else the referrer's host when it is not ours. Of an external referrer
only the host is kept, unless the site asks for its path (then scrubbed, never its query).
A referrer of our own says only that the visit goes on (`continued`); localhost says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from clickhouse.rows import Reason, Refusal
from collector.distill.channel import Clues, channel_of, is_paid
from collector.distill.directory import Directory, Word
from collector.distill.host import owns
from collector.distill.scrub.path import Patterns
from collector.distill.scrub.query import NO_TAGS, Tags
from collector.distill.scrub.text import scrub
from collector.distill.url import Parts
from registry.hosts import without_www
from registry.site import Site

MAX_HOST = 253
LONGEST_BARE_NAME = 20
"""Characters of a host without a dot: `intranet` is one, a key that was written in a host's place is none."""
WEB = ("http", "https")
APP = "android-app"
APP_PREFIX = f"{APP}://"
LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))
AUTO_TAGS = {("Google", "google"): "(gclid)", ("Bing", "microsoft"): "(msclkid)"}
"""The medium of an untagged click that an advertising network paid for, as Plausible shows it."""

_ADDRESS = re.compile(r"[\d.]+|.*:.*")


class Source(msgspec.Struct, frozen=True):
    """Where this came from, ready to keep."""

    referrer: str = ""
    name: str = ""
    channel: str = "Direct"
    medium: str = ""
    continued: bool = False


class External(msgspec.Struct, frozen=True):
    """A place outside the site: how it may be shown, who it is, and the source it is when no tag says otherwise."""

    shown: str = ""
    word: Word = Word("")
    source: Source = Source()
    spam: str = ""
    """Which list calls its referrals forged, or empty."""


class LookUps(msgspec.Struct, frozen=True):
    """The memoised questions a source asks."""

    split: Callable[[str], Parts]
    external: Callable[[str], External]
    word: Callable[[str], Word]
    path: Callable[[str, Patterns, Patterns, Patterns], str | None]


NOTHING = External()
OTHER = External("(other)", source=Source("(other)"))
CONTINUED = Source(continued=True)


def external_of(name: str, directory: Directory) -> External:
    """Describe a host without `www.`, or an app as `android-app://its.package`.

    An address is hidden, and so is whatever personal a name may hold.
    """
    host = name.removeprefix(APP_PREFIX)
    if len(host) > (MAX_HOST if "." in host else LONGEST_BARE_NAME):
        return OTHER
    if _ADDRESS.fullmatch(host):
        return External("[ip]", Word("[ip]"), Source("[ip]", "[ip]", "Referral"))
    shown = name[: len(name) - len(host)] + scrub(host, MAX_HOST)
    entry = directory.by_host(host)
    word = Word(entry.name, entry.kind) if entry else Word(shown, directory.stranger(host))
    source = Source(shown, word.name, channel_of(_clues(word, "", NO_TAGS)))
    return External(shown, word, source, directory.spam_rule(host))


def read_source(referrer: str, tags: Tags, site: Site, look_up: LookUps) -> Source | Refusal:
    """Tell a visit's source and channel."""
    parts = look_up.split(referrer)
    is_own = parts.scheme in WEB and owns(site, parts.host)
    came = NOTHING if is_own else _external(parts, look_up)
    if came.spam:
        return Refusal(Reason.SPAM, site.id, came.spam)
    path = _path(parts, look_up) if site.referrer_paths and not is_own else ""
    if tags is NO_TAGS and not path:
        return CONTINUED if is_own else came.source
    written = tags.utm_source or tags.source or tags.ref
    word = look_up.word(written) if written else came.word
    return Source(
        came.shown + path,
        word.name,
        channel_of(_clues(word, written, tags)),
        tags.utm_medium or AUTO_TAGS.get((word.name, tags.click), ""),
        is_own and not written,
    )


def _external(parts: Parts, look_up: LookUps) -> External:
    if parts.scheme in WEB:
        nowhere = not parts.host or parts.host in LOCAL
        return NOTHING if nowhere else look_up.external(without_www(parts.host))
    if parts.scheme == APP:
        return look_up.external(APP_PREFIX + parts.host)
    return OTHER if parts.scheme else NOTHING


def _path(parts: Parts, look_up: LookUps) -> str:
    """Scrub an external page's path; the site's own path rules are about its own pages."""
    known = parts.scheme in WEB and parts.host and parts.host not in LOCAL
    return (look_up.path(parts.path, (), (), ()) or "").rstrip("/") if known else ""


def _clues(word: Word, written: str, tags: Tags) -> Clues:
    medium = tags.utm_medium.lower()
    return Clues(
        word.name,
        word.kind,
        word.is_paid or is_paid(medium),
        medium,
        tags.utm_campaign.lower(),
        written.lower(),
        tags.click,
    )
