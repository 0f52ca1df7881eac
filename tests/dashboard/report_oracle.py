"""An oracle for pages whose numbers are not the point: answers every question the same way and remembers it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime

import httpx

from clickhouse.ask.answer import Answer, AnswerRow
from clickhouse.ask.metrics import METRICS
from clickhouse.ask.question import Question
from dashboard import url
from dashboard.report import Report, report_page
from dashboard.scene import Paths, Scene
from registry.site import Site

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SITE = Site(id=1, host="example.com", place="region")
PATHS = Paths(report="/sites/example.com", details="/sites/example.com/details", csv="/c", json="/j", world="/w.svg")


def scene(query: str = "", site: Site = SITE) -> Scene:
    state = url.read(httpx.QueryParams(query).multi_items())
    return Scene(site=site, state=state, now=NOW, oldest=date(2026, 1, 1), paths=PATHS)


class Oracle:
    """Answers from a table, for pages whose numbers are not the point; remembers what it was asked."""

    def __init__(self, number: int = 100, rows: Sequence[str] = ("/", "/docs"), **more: object) -> None:
        self.asked: list[Question] = []
        self.batches = 0
        self.number, self.rows, self.more = number, rows, more

    async def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        self.asked += questions
        self.batches += 1
        return [self.answer(question) for question in questions]

    def answer(self, question: Question) -> Answer:
        numbers = tuple(self.number if METRICS[name].adds_up else 50.0 for name in question.metrics)
        before = numbers if question.compare else None
        labels = [()] if not question.dimensions else [(row,) for row in self.rows]
        if question.dimensions and question.dimensions[0].startswith("time:"):
            labels = []
        return Answer(tuple(AnswerRow(label, numbers, before) for label in labels), **self.more)  # type: ignore[arg-type]


def made(query: str = "", **options: object) -> tuple[Report, Oracle]:
    ask = Oracle(**options)  # type: ignore[arg-type]
    return asyncio.run(report_page(scene(query), ask)), ask
