"""Conversion: which share of the people of a row did what the page is filtered by.

In: the filters of a page, its lists. Out: lists with a column for the share, and the question about everybody, whatever
they did. It is asked only where a filter is about something done (a feature, its property, a page at any moment of the
visit), and never where the filters are fixed for the reader: a share of the whole would tell what is hidden. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from clickhouse.ask.answer import Answer, Number
from clickhouse.ask.question import Condition, Did, Filter, Question
from dashboard.filters import PROP
from dashboard.panels import CONVERSION, DEEDS, Tab

MOST_WHOLES = 1000
"""Rows of a whole that are asked for where one cannot say which."""


def is_deed(filter_: Filter) -> bool:
    """Whether a filter asks for something done."""
    if isinstance(filter_, Did):
        return filter_.did
    return isinstance(filter_, Condition) and (filter_.dimension in DEEDS or filter_.dimension.startswith(PROP))


def whatever_they_did(filters: Sequence[Filter]) -> tuple[Filter, ...]:
    return tuple(one for one in filters if not is_deed(one))


def converting(tab: Tab, filters: Sequence[Filter]) -> Tab:
    """The list with a column for the share, where it is one of people and a filter asks for something done."""
    if tab.dimension in DEEDS or tab.feature or not any(map(is_deed, filters)):
        return tab
    return msgspec.structs.replace(tab, columns=(tab.columns[0], CONVERSION), details=(*tab.details, CONVERSION))


def whole_question(question: Question, rows: Sequence[str] = ()) -> Question:
    """The question about everybody: of these rows, or of the largest."""
    named = (Condition("is", question.dimensions[0], tuple(rows)),) if rows else ()
    return msgspec.structs.replace(
        question, metrics=question.metrics[:1], filters=(*whatever_they_did(question.filters), *named), compare=None,
        order_by=(), limit=MOST_WHOLES, offset=0, count_rows=False,
    )  # fmt: skip


def wholes_of(answer: Answer) -> Mapping[str, Number]:
    """Everybody, by row."""
    return {row.dimensions[0]: row.metrics[0] for row in answer.rows}
