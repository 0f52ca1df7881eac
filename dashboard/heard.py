"""Heard: what the answers to one request held, as far as the note of who looked needs it.

In: questions and the answers they got. Out: how many rows there were, and the fewest people that the filters left. That
number decides whether a filter's values may stand in the note: of a value that few people fit, the note would tell what
the report hides. Pure; it keeps no label and no value.
"""

from __future__ import annotations

from collections.abc import Sequence

from clickhouse.ask.answer import Answer
from clickhouse.ask.guard import Guard
from clickhouse.ask.question import Question

COUNTED = ("visitors", "events")


class Heard:
    """Listens to the answers of one request."""

    def __init__(self, *, has_identity: bool, wants_people: bool) -> None:
        self.wants_people = wants_people
        """Whether the request names values that a visitor may have brought."""
        self.rows: int | None = None
        self.people: int | None = None
        """The fewest that any filtered question was about; None: nobody asked."""
        self._filters = 0
        self._metric = COUNTED[0 if has_identity else 1]

    def missing(self, questions: Sequence[Question], guard: Guard) -> Question | None:
        """Return the question to ask besides, when filters are used and no answer will say how many fit them."""
        filtered = [question for question in questions if question.filters and self.wants_people]
        if guard != Guard.EXACT or not filtered or any(map(self._tells, filtered)):
            return None
        plain = filtered[0]
        return Question(
            site_id=plain.site_id,
            timezone=plain.timezone,
            metrics=(self._metric,),
            period=plain.period,
            filters=plain.filters,
        )

    def hear(self, questions: Sequence[Question], answers: Sequence[Answer], guard: Guard) -> None:
        """Take note of answers; the order of both is the same."""
        self.rows = (self.rows or 0) + sum(len(answer.rows) for answer in answers)
        for question, answer in zip(questions, answers, strict=True):
            if not question.filters:
                continue
            if answer.fewer_than is not None:
                self._note(question, 0)
            elif guard != Guard.EXACT:
                self._note(question, guard.k)
            elif self._tells(question):
                metrics = answer.rows[0].metrics if answer.rows else ()
                self._note(question, int(metrics[question.metrics.index(self._metric)] or 0) if metrics else 0)

    def _tells(self, question: Question) -> bool:
        return not question.dimensions and self._metric in question.metrics

    def _note(self, question: Question, people: int) -> None:
        # A list may narrow further than its reader did: the questions with the fewest filters are the reader's.
        filters = len(question.filters)
        if self.people is None or filters < self._filters:
            self.people, self._filters = people, filters
        elif filters == self._filters:
            self.people = min(self.people, people)
