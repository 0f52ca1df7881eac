"""An answer: rows of dimension labels and metric numbers, in the order asked.

A metric that cannot be said (a rate over nothing, or a group too small to show) is None, never a made-up number.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Number: TypeAlias = int | float | None


class AnswerRow(msgspec.Struct, frozen=True):
    """One group. Labels and numbers stand in the order of the question's dimensions and metrics."""

    dimensions: tuple[str, ...]
    metrics: tuple[Number, ...]
    before: tuple[Number, ...] | None = None
    """The same metrics in the period compared with; None when none was asked or the group did not exist."""


class Answer(msgspec.Struct, frozen=True):
    """What a Question got."""

    rows: tuple[AnswerRow, ...]
    total_rows: int | None = None
    fewer_than: int | None = None
    """When set, nothing is said: fewer than so many people match (guard.py)."""
