"""Funnels: how many take some steps one after the other, and where they stop.

In: a Scope, 2 to 8 filters (each says which events are that step), and whether a walk is a visit or a visitor's day.
Out: for each step how many got at least so far. Under a guard a step is told only when that many took it, and that
many or nobody stopped since the step told before it; else it is None.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from clickhouse.ask.guard import Guard, fold_parts
from clickhouse.ask.odd import Scope, ask_rows, too_few
from clickhouse.ask.question import Filter, QuestionError
from clickhouse.client import Store

FEWEST_STEPS, MOST_STEPS = 2, 8


class Walked(msgspec.Struct, frozen=True):
    """How many walks got at least to each step, and of how many visitors; or `fewer_than` people are here at all."""

    runs: tuple[int | None, ...]
    visitors: tuple[int | None, ...]
    fewer_than: int = 0


def ask_funnel(store: Store, scope: Scope, steps: Sequence[Filter], *, by_day: bool = False,
               guard: Guard = Guard.EXACT) -> Walked:  # fmt: skip
    """Walk the steps. Blocks. Raises QuestionError, StoreError."""
    if not FEWEST_STEPS <= len(steps) <= MOST_STEPS:
        raise QuestionError(f"a funnel has {FEWEST_STEPS} to {MOST_STEPS} steps")
    if fewer := too_few(store, scope, guard):
        return Walked((), (), fewer)
    rows = ask_rows(store, "funnel", scope, "whole visits", {"by_day": by_day}, {"fits": steps})
    got = {int(step): (int(runs), int(visitors)) for step, runs, visitors in rows}
    runs, visitors = zip(*(got.get(step, (0, 0)) for step in range(1, len(steps) + 1)), strict=True)
    told = fold_parts(visitors, guard)
    return Walked(tuple(None if may is None else run for run, may in zip(runs, told, strict=True)), tuple(told))
