"""Folding: which cells of a table must not be told, so that none can be told by subtraction either.

In: labels, and for each the counts of people that stand behind it: of the row itself, and of what it would be
subtracted from (neighbours.py). Out: the labels to hide, or None when nothing may be said. Pure; it knows no question.
Invariants: a cell with 1 to k-1 people is hidden; what is hidden holds two cells and k people at least, in all and in
each line of a table of several dimensions. 0 tells of nobody, so it hides nothing. Bounds that linear programming
would find in the sums of many tables are not looked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

Label: TypeAlias = tuple[str, ...]
Cells: TypeAlias = Mapping[Label, Sequence[int]]


def is_small(count: int, k: int) -> bool:
    """Whether a count tells of somebody, and of fewer than k."""
    return 0 < abs(count) < k


def hide(cells: Cells, k: int, *, more: Collection[Label] = ()) -> set[Label] | None:
    """Return the cells to hide, `more` among them."""
    hidden = {label for label, counts in cells.items() if any(is_small(count, k) for count in counts)} | set(more)
    if not hidden:
        return hidden
    while True:
        before = len(hidden)
        for line in lines_of(cells):
            _cover(hidden, line, cells, k)
        if len(hidden) == before:
            break
    return None if len(hidden) == len(cells) and _sums_short(hidden, cells, k) else hidden


def next_to_hide(hidden: Collection[Label], cells: Cells) -> Label | None:
    """Return the smallest cell that is still shown."""
    left = cells.keys() - set(hidden)
    return min(left, key=lambda label: (sum(cells[label]), label)) if left else None


def lines_of(cells: Cells) -> Iterator[Collection[Label]]:
    """Yield every set of cells whose sum somebody may know: all, and those that differ in one dimension only."""
    yield cells.keys()
    width = len(next(iter(cells), ()))
    for axis in range(width if width > 1 else 0):
        lines: dict[Label, list[Label]] = {}
        for label in cells:
            lines.setdefault(label[:axis] + label[axis + 1 :], []).append(label)
        yield from lines.values()


def _cover(hidden: set[Label], line: Collection[Label], cells: Cells, k: int) -> None:
    """Hide the next smallest cells of a line until what is hidden there cannot be told apart."""
    covered = hidden.intersection(line)
    if not covered:
        return
    left = sorted(set(line) - covered, key=lambda label: (sum(cells[label]), label), reverse=True)
    while left and (len(covered) < 2 or _sums_short(covered, cells, k)):
        covered.add(left.pop())
    hidden |= covered


def _sums_short(hidden: Collection[Label], cells: Cells, k: int) -> bool:
    return any(0 < sum(map(abs, counts)) < k for counts in zip(*(cells[label] for label in hidden), strict=True))
