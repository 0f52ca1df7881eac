"""Finding: what one check of the self-audit says. A leaf.

PASS: looked at, and as promised. WARN: as set, but somebody should know. FAIL: a promise is broken, `mend` says what to
do. SKIP: it could not be looked at here, and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

Status = Literal["PASS", "WARN", "FAIL", "SKIP"]


class Finding(msgspec.Struct, frozen=True):
    """`evidence` and `mend` are sentences for a person; sites stand in them by number, as `site 3`."""

    status: Status
    evidence: str
    mend: str = ""


def passed(evidence: str) -> Finding:
    return Finding("PASS", evidence)


def warned(evidence: str, mend: str = "") -> Finding:
    return Finding("WARN", evidence, mend)


def failed(evidence: str, mend: str) -> Finding:
    return Finding("FAIL", evidence, mend)


def skipped(reason: str) -> Finding:
    return Finding("SKIP", reason)


def listed(words: Sequence[str], most: int = 5) -> str:
    """Join a few words, and say how many more there are."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, word: str) -> str:
    """Return a number with its word, in the plural where it is not one."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
