"""Filters become conditions: a tree of comparisons is written for the rows that a statement reads.

In: a Filter and the kind of rows. Out: text whose every value is a typed bind. Rows answer for their own traits; for
another's they ask by visit: "visits of Google" on rows of events, "visits that used Signup" on rows of visits.
Branches about the same other thing are asked together, so `page is /a and feature is Signup` means one event.
A page condition on rows of visits is about the page where the visit began. `Did` always speaks of the whole visit.
Events without identity (visit_id 0) answer with their own columns, and belong to no visit that did anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec.structs import replace

from clickhouse.ask.binds import Binds
from clickhouse.ask.dimensions import BEGAN_ON, Dimension, Of, dimension_of
from clickhouse.ask.question import AllOf, AnyOf, Condition, Did, Filter, Not, QuestionError
from clickhouse.ask.text import joined, nested, select

SITE = "site_id = {site:UInt32}"
ITS_VISIT = ("visit_id >= {first_visit_wide:UInt64}", "visit_id < {last_visit:UInt64}")
"""Where the visits of the period's events lie in the key of `visits`."""

MOST_VALUES = 250
"""Values of one condition; `multiSearchAny` takes 255."""


class Rows(StrEnum):
    """What one row of a statement's source is."""

    VISITS = "visits"
    EVENTS = "events"
    """Page views and feature uses, those without identity among them."""
    VISITED = "visited"
    """Page views and feature uses of visits only."""
    PAGES = "pages"
    """What a visit reported of a page: engagement."""
    LOOSE = "loose"
    """Page views and feature uses without identity, standing among visits."""


OWN = {
    Rows.VISITS: {Of.VISIT, Of.PAGE},
    Rows.EVENTS: {Of.PAGE, Of.DEED},
    Rows.VISITED: {Of.PAGE, Of.DEED},
    Rows.PAGES: {Of.PAGE},
    Rows.LOOSE: {Of.VISIT, Of.PAGE, Of.DEED},
}
"""Which traits such a row can tell by itself."""


def leaves(tree: Filter) -> Iterator[Condition]:
    """Yield the conditions on the row itself: those inside a Did speak of other rows."""
    if isinstance(tree, Condition):
        yield tree
    elif isinstance(tree, AllOf | AnyOf):
        for branch in tree.filters:
            yield from leaves(branch)
    elif isinstance(tree, Not):
        yield from leaves(tree.filter)


def write_all(trees: Sequence[Filter], rows: Rows, binds: Binds) -> list[str]:
    """Return the conditions that all of these hold."""
    about: dict[Of | None, list[Filter]] = {}
    for tree in trees:
        about.setdefault(_asks_another(tree, rows), []).append(tree)
    written = [_write(tree, rows, binds) for tree in about.get(None, ())]
    if visit := about.get(Of.VISIT):
        written.append(_ask_visits(visit, rows, binds))
    if deed := about.get(Of.DEED):
        written.append(f"visit_id in {_visits_with_event(deed, binds)}")
    return written


def credited(tree: Filter) -> Filter:
    """Return the filter with every condition on the host also asked of the host where the visit began."""
    if isinstance(tree, Condition):
        if tree.dimension != "hostname":
            return tree
        return AllOf((tree, replace(tree, dimension=BEGAN_ON.name)))
    if isinstance(tree, AllOf | AnyOf):
        return replace(tree, filters=tuple(credited(branch) for branch in tree.filters))
    return replace(tree, filter=credited(tree.filter)) if isinstance(tree, Not) else tree


def _asks_another(tree: Filter, rows: Rows) -> Of | None:
    """Return the one other thing that a whole branch is about, if it is about one."""
    if isinstance(tree, Did) or _has_did(tree):
        return None
    traits = {dimension_of(leaf.dimension).of for leaf in leaves(tree)}
    return traits.pop() if len(traits) == 1 and not traits & (OWN[rows] | {Of.TIME}) else None


def _has_did(tree: Filter) -> bool:
    if isinstance(tree, AllOf | AnyOf):
        return any(_has_did(branch) for branch in tree.filters)
    return isinstance(tree, Did) or (isinstance(tree, Not) and _has_did(tree.filter))


def _write(tree: Filter, rows: Rows, binds: Binds) -> str:
    if isinstance(tree, Condition):
        return _compare(tree, rows, binds)
    if isinstance(tree, AllOf | AnyOf) and not tree.filters:
        raise QuestionError("a filter has nothing in it")
    if isinstance(tree, AllOf):
        return joined(" and ", write_all(tree.filters, rows, binds))
    if isinstance(tree, AnyOf):
        return joined(" or ", [joined(" and ", write_all([branch], rows, binds)) for branch in tree.filters])
    if isinstance(tree, Not):
        return f"not ({joined(' and ', write_all([tree.filter], rows, binds))})"
    if rows is Rows.LOOSE:
        return "false"
    asked = _visits_with_event([tree.filter], binds)
    if tree.did:
        return f"visit_id in {asked}"
    return f"(visit_id != 0 and visit_id not in {asked})" if rows is Rows.EVENTS else f"visit_id not in {asked}"


def _visits_with_event(trees: Sequence[Filter], binds: Binds) -> str:
    window = ["ts >= {since_wide:DateTime64(3, 'UTC')}", "ts < {until_wide:DateTime64(3, 'UTC')}"]
    kind = ["name != 'engagement'", "not is_loose"]
    return nested(select(["visit_id"], "events", where=[SITE, *window, *kind, *write_all(trees, Rows.VISITED, binds)]))


def _ask_visits(trees: Sequence[Filter], rows: Rows, binds: Binds) -> str:
    visits = select(["visit_id"], "visits final", where=[SITE, *ITS_VISIT, *write_all(trees, Rows.VISITS, binds)])
    asked = f"visit_id in {nested(visits)}"
    if rows is not Rows.EVENTS:
        return asked
    return f"if(visit_id = 0, {joined(' and ', write_all(trees, Rows.LOOSE, binds))}, {asked})"


def read(dimension: Dimension, rows: Rows, binds: Binds) -> str:
    """Return the expression that reads a dimension from such a row."""
    if dimension.key:
        return f"props[{binds.add('String', dimension.key)}]"
    return dimension.visits if rows is Rows.VISITS else dimension.events


def _compare(condition: Condition, rows: Rows, binds: Binds) -> str:
    dimension = dimension_of(condition.dimension)
    if dimension.of is Of.TIME:
        raise QuestionError(f"{dimension.name} cannot be filtered: the period says when", dimension.name)
    written = compare(condition, read(dimension, rows, binds), binds)
    return f"({dimension.only} and {written})" if dimension.only else written


def compare(condition: Condition, column: str, binds: Binds) -> str:
    """Return the comparison of a column with the condition's values."""
    if not 1 <= len(condition.values) <= MOST_VALUES:
        raise QuestionError(f"a filter on {condition.dimension} needs 1 to {MOST_VALUES} values", condition.dimension)
    operator = condition.operator.removesuffix("_not")
    written = _OPERATORS[operator](column, condition, binds)
    return f"not ({written})" if condition.operator.endswith("_not") else written


def _is(column: str, condition: Condition, binds: Binds) -> str:
    values = binds.add("Array(String)", list(condition.values))
    if condition.case_sensitive:
        return f"{column} in {values}"
    return f"has(arrayMap(value -> lowerUTF8(value), {values}), lowerUTF8({column}))"


def _contains(column: str, condition: Condition, binds: Binds) -> str:
    search = "multiSearchAny" if condition.case_sensitive else "multiSearchAnyCaseInsensitiveUTF8"
    return f"{search}({column}, {binds.add('Array(String)', list(condition.values))})"


def _matches(column: str, condition: Condition, binds: Binds) -> str:
    flags = "" if condition.case_sensitive else "(?i)"
    return joined(
        " or ",
        [f"match({column}, {binds.add('String', flags + pattern)})" for pattern in condition.values],
    )


_OPERATORS = {"is": _is, "contains": _contains, "matches": _matches}
