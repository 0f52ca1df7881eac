"""Tokens: strings nobody would read aloud, so probably a key to something.

In: text. Out: the text with `[token]` for runs of 16 characters and more that look drawn from a hat.
Readable slugs, years and version words stay, whatever their length. Low-entropy tokens of 8-15 characters are told
apart only by the segment before them (path.py).
"""

from __future__ import annotations

import math
import re

SHORTEST = 16
"""Characters a token has at least; of shorter ones nothing can be told by their look."""

_RUN = re.compile(r"[A-Za-z0-9_=+-]{16,}")
_HEX = re.compile(r"[0-9a-fA-F]{16,}")
_CAMEL = re.compile(r"(?:[A-Z][a-z]{2,}){2,}")
_NATURAL = re.compile(r"[a-z]*(?:[A-Z][a-z]+)*[A-Z]*")
_RISES = re.compile(r"[a-z](?=[A-Z])")
_JOINTS = re.compile(r"([-_=+])")
_PARTS = re.compile(r"[-_]+")
_SHORT = re.compile(r"v?\d{1,3}[a-z]{0,3}|[a-z]{1,6}\d{1,3}", re.IGNORECASE)

_BITS_WITH_DIGITS = 3.2
_BITS_WITHOUT = 3.6
"""Bits per character above which a run counts as random; English words joined by hyphens stay below."""


def hide_tokens(value: str) -> str:
    return value if len(value) < SHORTEST else _RUN.sub(_token, value)


def _token(found: re.Match[str]) -> str:
    """Hide a run, or what of it looks random: `my-page-d41d8cd98f00b204e9800998ecf8427e` may hide behind its words."""
    run = found[0]
    if is_token(run):
        return "[token]"
    parts = _JOINTS.split(run)
    return "".join("[token]" if len(part) >= SHORTEST and is_token(part) else part for part in parts)


def is_slug(text: str) -> bool:
    """Tell whether a text is words, small numbers and versions joined by `-` or `_`."""
    parts = [part for part in _PARTS.split(text) if part]
    if len(parts) < 2 or not all(map(_is_word, parts)):
        return False
    return sum(len(part) for part in parts if part.isalpha()) >= len(text) * 0.4


def _is_word(part: str) -> bool:
    return (
        (part.isalpha() and not _is_jumbled(part))
        or (part.isdigit() and len(part) <= 4)
        or _SHORT.fullmatch(part) is not None
    )


def _is_jumbled(part: str) -> bool:
    """Tell letters whose cases change as in no word and no name of code: `yaRELjG`, but not `getElementById`."""
    return _NATURAL.fullmatch(part) is None and len(_RISES.findall(part)) > 1


def is_token(run: str) -> bool:
    """Tell whether a run of at least 16 characters looks random."""
    core = run.strip("=")
    if len(core) < SHORTEST or is_slug(core):
        return False
    digits = sum(map(str.isdigit, core))
    if digits == len(core):
        return True
    if _HEX.fullmatch(core):
        return digits >= 2
    if digits >= 2 and entropy(core) >= _BITS_WITH_DIGITS:
        return True
    return _is_mixed(core)


def _is_mixed(core: str) -> bool:
    """Tell whether letters of both cases are mixed as no title or identifier mixes them."""
    upper = sum(map(str.isupper, core))
    lower = sum(map(str.islower, core))
    if upper < 3 or lower < 3 or len(core) < 20 or _CAMEL.fullmatch(core):
        return False
    return entropy(core) >= _BITS_WITHOUT


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    size = len(text)
    return -sum(share * math.log2(share) for share in (text.count(sign) / size for sign in set(text)))
