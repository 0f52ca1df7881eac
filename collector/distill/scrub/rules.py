"""Rules: what a site's owner says about paths: `redact`, `keep` and `exclude`.

A pattern is a path: `*` stands for anything within one segment, `:name` for one whole segment, `**` for any number of
segments. `/admin/**` is /admin and everything below it.
In: patterns and a path as decoded segments. Out: whether they meet, and what the wildcards covered.
Rules see the path before it is scrubbed, because that is what the owner sees in the browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

Segments = Sequence[str]


def segments_of(pattern: str) -> tuple[str, ...]:
    return tuple(part for part in pattern.strip().split("/") if part)


def matches(pattern: str, segments: Segments) -> bool:
    return covered(pattern, segments) is not None


def covered(pattern: str, segments: Segments) -> dict[int, str] | None:
    """Match a whole path and tell what stands where a wildcard stood, by position; None: they do not meet.

    `:code` is told as `[code]`, any other wildcard as `[redacted]`.
    """
    return _walk(segments_of(pattern), segments, 0)


def _walk(parts: Segments, segments: Segments, at: int) -> dict[int, str] | None:
    if not parts:
        return {} if at == len(segments) else None
    part, rest = parts[0], parts[1:]
    if part == "**":
        return _walk_any(rest, segments, at)
    if at == len(segments) or not _meets(part, segments[at]):
        return None
    found = _walk(rest, segments, at + 1)
    if found is None or ("*" not in part and not part.startswith(":")):
        return found
    return {at: f"[{part[1:]}]" if part.startswith(":") else "[redacted]"} | found


def _walk_any(rest: Segments, segments: Segments, at: int) -> dict[int, str] | None:
    """Let `**` take as many segments as the rest of the pattern leaves it."""
    for stop in range(len(segments), at - 1, -1):
        found = _walk(rest, segments, stop)
        if found is not None:
            return dict.fromkeys(range(at, stop), "[redacted]") | found
    return None


def _meets(part: str, segment: str) -> bool:
    return part.startswith(":") or part == segment or ("*" in part and fnmatchcase(segment, _glob(part)))


def _glob(part: str) -> str:
    """Leave only `*` its meaning: `?` and `[` are ordinary characters in a path."""
    return part.replace("[", "[[]").replace("?", "[?]")
