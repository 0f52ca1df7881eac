"""Scale: which values an axis names.

In: the largest value, and what kind of number it is. Out: ticks from 0 upwards, evenly spaced, the last one at or above
the largest value, so that every chart starts at 0 and its top line is a round number. Counts are never cut into
fractions, durations step in minutes and hours, and rates end at 100.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

Unit = Literal["count", "ratio", "seconds", "percent", "money"]

MOST_TICKS = 4
"""Lines above the base line. More is a grid, fewer says too little."""

_TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)


def _decimal_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(k * power for k in (1, 2, 2.5, 5, 10) if k * power >= least * (1 - 1e-9))


def _step(top: float, unit: Unit) -> float:
    least = top / MOST_TICKS
    if unit == "seconds" and least <= _TIMES[-1]:
        return next(step for step in _TIMES if step >= least)
    step = _decimal_step(least)
    if unit == "count":
        return max(1.0, math.ceil(step) if step < 10 else step)
    return step


def ticks(values: Sequence[float | None], unit: Unit = "count") -> list[float]:
    """Round values from 0 to at least the largest of `values`; [0, 1] when there is nothing above 0."""
    top = max((value for value in values if value is not None and math.isfinite(value)), default=0)
    if top <= 0:
        return [0.0, 100.0] if unit == "percent" else [0.0, 1.0]
    if unit == "percent" and top > 80:
        return [0.0, 25.0, 50.0, 75.0, 100.0]
    step = _step(top, unit)
    return [step * i for i in range(max(1, math.ceil(top / step - 1e-9)) + 1)]


def spread(count: int, most: int) -> list[int]:
    """Which of `count` positions get a label, at most `most`, evenly spaced from the first."""
    stride = max(1, math.ceil(count / max(1, most)))
    return list(range(0, count, stride))
