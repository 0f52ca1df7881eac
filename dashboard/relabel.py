"""Relabel: what leaves is scrubbed once more, so that a better rule protects rows that were stored before it.

In: an answer and what makes of a stored label the label of today (the collector's own rules, handed in). Out: the
answer with the labels of today. Rows that become one are added up; what does not add up (rates) is left unsaid.
Cost: 0.3 us a label while it is remembered, 10-50 us the first time; labels that cannot be personal cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from clickhouse.ask.answer import Answer, AnswerRow, Number
from clickhouse.ask.metrics import METRICS
from clickhouse.ask.question import Question

WRITTEN = frozenset(
    {"page", "entry", "exit", "hostname", "entry_hostname", "exit_hostname", "source", "referrer", "feature"}
    | {"utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"}
)
"""Dimensions whose labels come from pages and visitors; all others are from our own lists. Properties are too."""

Scrub = Callable[[str, str], str]
"""Of a dimension and a label."""


def relabelled(question: Question, answer: Answer, scrub: Scrub) -> Answer:
    """Scrub the labels of an answer."""
    places = [at for at, name in enumerate(question.dimensions) if name in WRITTEN or name.startswith("prop:")]
    if not places or not answer.rows:
        return answer
    rows = [_scrubbed(row, question, places, scrub) for row in answer.rows]
    if all(new is old for new, old in zip(rows, answer.rows, strict=True)):
        return answer
    merged: dict[tuple[str, ...], AnswerRow] = {}
    for row in rows:
        there = merged.get(row.dimensions)
        merged[row.dimensions] = _added(there, row, question) if there else row
    return replace(answer, rows=tuple(merged.values()))


def _scrubbed(row: AnswerRow, question: Question, places: Sequence[int], scrub: Scrub) -> AnswerRow:
    labels = list(row.dimensions)
    for at in places:
        labels[at] = scrub(question.dimensions[at], labels[at])
    return row if tuple(labels) == row.dimensions else replace(row, dimensions=tuple(labels))


def _added(one: AnswerRow, other: AnswerRow, question: Question) -> AnswerRow:
    before = _sums(one.before, other.before, question) if one.before and other.before else one.before or other.before
    return AnswerRow(one.dimensions, _sums(one.metrics, other.metrics, question), before)


def _sums(one: Sequence[Number], other: Sequence[Number], question: Question) -> tuple[Number, ...]:
    return tuple(
        (a or 0) + (b or 0) if METRICS[name].adds_up else None
        for name, a, b in zip(question.metrics, one, other, strict=True)
    )
