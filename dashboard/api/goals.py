"""Goals in the Stats API: `event:goal` as a filter and as a dimension.

In: the site's goals as the registry has them. Out: ordinary Filters: a goal is a page pattern or a feature's name, so
a question about goals is a question about events. Broken down by goal, a query is one question a goal, since one
event may reach several. Names are compared as Plausible does: exactly, or containing, with or without case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from clickhouse.ask.question import AllOf, AnyOf, Condition, Filter
from clickhouse.rows import PAGEVIEW
from dashboard.api.words import GOAL
from dashboard.errors import BadQuestion
from registry.goals import Goal

GOALS_HELP = "https://plausible.io/docs/stats-api#filtering-by-goals"
NO_GOAL = Condition("is", "feature", ("",))
"""True of nothing: every event has a name."""


def path_expression(pattern: str) -> str:
    """Write a path pattern as a regular expression: `*` stays within a part of the path, `**` crosses parts."""
    parts = re.split(r"(\*\*|\*)", pattern)
    crossing = {"*": "[^/]*", "**": ".*"}
    return "^" + "".join(crossing.get(part) or re.escape(part) for part in parts) + "$"


def goal_filter(goal: Goal) -> Filter:
    """The events that reach a goal."""
    if goal.kind == "feature":
        return Condition("is", "feature", (goal.pattern,))
    seen = Condition("is", "feature", (PAGEVIEW,))
    if "*" in goal.pattern:
        return AllOf((seen, Condition("matches", "page", (path_expression(goal.pattern),))))
    return AllOf((seen, Condition("is", "page", (goal.pattern,))))


def any_goal(goals: Sequence[Goal]) -> Filter:
    return AnyOf(tuple(map(goal_filter, goals))) if goals else NO_GOAL


def matching(goals: Sequence[Goal], filter_: list[object]) -> list[Goal]:
    """The goals that one `event:goal` filter means. Raises BadQuestion for an exact name nobody configured."""
    operator, _, raw, *rest = filter_
    names = [str(value) for value in cast("list[object]", raw)]
    caseless = bool(rest) and not cast("dict[str, bool]", rest[0])["case_sensitive"]

    def fold(text: str) -> str:
        return text.casefold() if caseless else text

    if operator == "contains":
        return [goal for goal in goals if any(fold(name) in fold(goal.name) for name in names)]
    known = {fold(goal.name): goal for goal in goals}
    for name in names:
        if fold(name) not in known:
            raise BadQuestion(
                f"Invalid filters. The goal `{name[:200]}` is not configured for this site. "
                f"Find out how to configure goals here: {GOALS_HELP}"
            )
    return [known[fold(name)] for name in dict.fromkeys(names)]


def selected(goals: Sequence[Goal], filters: list[object]) -> list[Goal]:
    """The goals that pass every `event:goal` filter at the top of a query."""
    chosen = list(goals)
    for tree in filters:
        filter_ = cast("list[object]", tree)
        if filter_[1] == GOAL:
            wanted = matching(goals, filter_)
            chosen = [goal for goal in chosen if goal in wanted]
    return chosen
