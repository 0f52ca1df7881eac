"""Path: the scrubbed path of a page, segment by segment, each in the light of the one before it.

In: a raw path and the site's `redact` and `keep` patterns. Out: a path of at most 1,024 characters and 32 segments.
Invariants: it starts with `/`; an encoded slash never makes a new segment (it becomes U+2215); what no detector knows
is still redacted behind a word that says a person, a secret or a record follows (`/users/jane-doe`).
A `keep` rule silences the guesses, never the certain finds. Deliberately not done: names in free slugs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collector.distill.scrub.rules import covered, matches
from collector.distill.scrub.text import CERTAIN, EVERYTHING, cap, clean, decode, hide
from collector.distill.scrub.tokens import is_slug
from collector.distill.scrub.words import PEOPLE, PEOPLE_PAGES, RECORDS, SECRETS

MAX_CHARACTERS = 1024
MAX_SEGMENTS = 32
LONG = 100
SLASH = "∕"

Patterns = tuple[str, ...]

_PLACEHOLDER = re.compile(r"\[[a-z0-9]+\]")
_DIGIT = re.compile(r"\d")


def segments_of(raw: str) -> list[str]:
    """Split and decode a raw path: matrix parameters, `.` and `..` are gone, empty segments are left in place."""
    return [_segment(part) for part in cap(raw).split("/")[: MAX_SEGMENTS + 1]]


def _segment(raw: str) -> str:
    # Decode before cutting the matrix parameter: `%3Bjsessionid=…` is one as well.
    text = clean(decode(clean(raw))).partition(";")[0].strip()
    return "" if text in (".", "..") else text


def tidy(raw: str, exclude: Patterns, redact: Patterns, keep: Patterns) -> str | None:
    """Scrub a raw path by the site's rules; None: the site wants no event of this page at all."""
    segments = segments_of(raw)
    if any(matches(pattern, _named(segments)) for pattern in exclude):
        return None
    return scrub_path(segments, redact, keep)


def scrub_path(segments: Sequence[str], redact: Patterns = (), keep: Patterns = ()) -> str:
    """Make a path fit to keep. `segments` as `segments_of` gave them."""
    if keep and any(matches(pattern, _named(segments)) for pattern in keep):
        clear = [_kept(segment) for segment in segments]
    else:
        clear = list(_scrubbed(segments))
    for pattern in redact:
        _redact(pattern, segments, clear)
    path = "/" + "/".join(part for part in clear if part)
    if path != "/" and not segments[-1]:
        path += "/"
    return path[:MAX_CHARACTERS]


def _named(segments: Sequence[str]) -> list[str]:
    return [segment for segment in segments if segment]


def _redact(pattern: str, segments: Sequence[str], clear: list[str]) -> None:
    places = [at for at, segment in enumerate(segments) if segment]
    for at, placeholder in (covered(pattern, _named(segments)) or {}).items():
        clear[places[at]] = placeholder


def _kept(segment: str) -> str:
    return hide(segment, CERTAIN).replace("/", SLASH)


def _scrubbed(segments: Sequence[str]) -> Iterator[str]:
    """Scrub segments in the light of the last named one; a slash that was encoded parts them too, shown as U+2215."""
    before = ""
    for segment in segments:
        clear = []
        for part in segment.split("/"):
            clear.append(_part(part, before))
            before = part or before
        joined = SLASH.join(clear)
        yield joined if len(joined) <= LONG else "[long]"


def _part(part: str, before: str) -> str:
    if not part:
        return ""
    if part[0] == "[" and _PLACEHOLDER.fullmatch(part):
        return part  # what was taken out before keeps its kind
    found = hide(part, EVERYTHING)
    if found != part and _PLACEHOLDER.fullmatch(found):
        return found
    word = before.lower()
    if word in PEOPLE and part.lower() not in PEOPLE_PAGES:
        return "[user]"
    if word in SECRETS and _may_be_secret(part):
        return "[token]"
    if word in RECORDS and _DIGIT.search(part):
        return "[id]"
    return found


def _may_be_secret(part: str) -> bool:
    if len(part) < 6:
        return False
    return _DIGIT.search(part) is not None or (len(part) >= 12 and not is_slug(part))
