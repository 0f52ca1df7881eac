"""Values: what a filter's field offers while somebody types into it.

In: a request with the dimension (`what`) and what was typed (`typed`), and the state of the page. Out: JSON, the values
of the period as they are shown, busiest first. They are asked for like any list, so the reader's guard counts; a name
that is not stored as it is shown (a country) is looked for among the names. The form works without.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clickhouse.ask.answer import AnswerRow
from clickhouse.ask.question import Condition, Filter, Question
from dashboard import words
from dashboard.cards import OTHER
from dashboard.errors import BadQuestion
from dashboard.filters import LONGEST_VALUE, is_dimension
from dashboard.panels import DEEDS, Tab, fitted
from dashboard.reading import begin
from dashboard.scene import Scene, question

MOST = 12
NAMED = frozenset({"country", "region", "device"})
"""Dimensions whose values have names of their own."""
MOST_NAMED = 1000


async def get_values(request: Request) -> Response:
    """`GET /sites/{host}/values`."""
    _, scene, ask = await begin(request)
    what, typed = (request.query_params.get(name, "").strip() for name in ("what", "typed"))
    if not what:
        return JSONResponse([])
    if not is_dimension(what):
        raise BadQuestion("`what` is a dimension, or `prop:` with the name of a property.")
    (answer,) = await ask([values_question(scene, what, typed[:LONGEST_VALUE])])
    return JSONResponse(fitting(answer.rows, what, typed))


def values_question(scene: Scene, what: str, typed: str) -> Question:
    """Ask for the values that hold what was typed; of those with names, for all."""
    is_deed = what in DEEDS or what.startswith("prop:")
    tab = fitted(Tab("", what, ("events" if is_deed else "visitors",)), scene.site)
    searched = bool(typed) and what not in NAMED
    narrowed: tuple[Filter, ...] = (Condition("contains", what, (typed,), case_sensitive=False),) if searched else ()
    plain = msgspec.structs.replace(scene, state=msgspec.structs.replace(scene.state, filters=()))
    return question(plain, tab.columns[:1], scene.resolved.period, dimensions=(what,), filters=narrowed,
                    limit=MOST_NAMED if what in NAMED else MOST)  # fmt: skip


def fitting(rows: Sequence[AnswerRow], what: str, typed: str) -> list[str]:
    """The names of rows that hold what was typed, without those that stand for nothing or for many."""
    names = (words.value_of(what, row.dimensions[0]) for row in rows if row.dimensions[0] not in ("", OTHER))
    return [name for name in names if typed.casefold() in name.casefold()][:MOST]
