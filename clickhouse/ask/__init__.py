"""Questions as data: Question -> SQL with typed binds -> Answer.

Read in this order: `question.py`, `metrics.py` and `dimensions.py` (tables of one-liners), `build.py` (pure: a Question
becomes a statement; `filters.py`, `binds.py`, `period.py` and `text.py` are its tools), `guard.py`, `asking.py`,
`answer.py`; `adding.py` answers about closed days without counting them again (`known.py`, `stored.py`, `sums.py`), and
`together.py` counts in one scan what several questions want of the same rows.
`ask(store, question, guard)` is the only way to a number of people or events,
and `ask_ledger` (ledger.py) to what became of everything that arrived.
"""

from __future__ import annotations

from clickhouse.ask.answer import Answer, AnswerRow, Number
from clickhouse.ask.asking import ask, ask_many, people_now
from clickhouse.ask.build import Statement, build
from clickhouse.ask.dimensions import DIMENSIONS, Dimension, dimension_of
from clickhouse.ask.guard import OTHER, Guard
from clickhouse.ask.metrics import METRICS, Metric
from clickhouse.ask.period import buckets
from clickhouse.ask.question import (
    AllOf,
    AnyOf,
    Condition,
    Did,
    Filter,
    Not,
    Period,
    Question,
    QuestionError,
)

__all__ = [
    "DIMENSIONS",
    "METRICS",
    "OTHER",
    "AllOf",
    "Answer",
    "AnswerRow",
    "AnyOf",
    "Condition",
    "Did",
    "Dimension",
    "Filter",
    "Guard",
    "Metric",
    "Not",
    "Number",
    "Period",
    "Question",
    "QuestionError",
    "Statement",
    "ask",
    "ask_many",
    "buckets",
    "build",
    "dimension_of",
    "people_now",
]
