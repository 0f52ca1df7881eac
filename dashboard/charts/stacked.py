"""Stacked bars: how a whole is made of the same few parts, bucket by bucket of time.

In: stacks in order, each with its texts ready made, and one class name a layer (the page's style gives it a colour).
Out: a figure of three SVGs, laid out as a time series is: names of the values, the plot, names of the times. Parts are
drawn from the base line up in the order given, values start at 0, and every stack has a column that shows its text on
hover. Colour is never alone: the page prints a legend and the numbers as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

import msgspec

from dashboard.charts.scale import spread, ticks
from dashboard.charts.series import HEIGHT, MOST_LABELS, WIDTH, value_names
from dashboard.charts.svg import Markup, element, join, short

FILLED = 0.72
"""Of its slot a bar takes so much; what is left parts it from the next."""
WIDEST = 90
"""Few bars stay bars instead of becoming walls."""


class Stack(msgspec.Struct, frozen=True):
    """One bucket of time: a value for each layer. `tip` is its text on hover, lines split by a line feed."""

    label: str
    tip: str
    parts: tuple[float, ...]


def _bar(nth: int, count: int, stack: Stack, layers: Sequence[str], top: float) -> list[Markup]:
    slot = WIDTH / count
    width = min(WIDEST, slot * FILLED)
    left = nth * slot + (slot - width) / 2
    heights = [HEIGHT * part / top for part in stack.parts]
    return [
        element("rect", x=left, y=HEIGHT - above, width=width, height=height, class_=layer)
        for layer, height, above in zip(layers, heights, accumulate(heights), strict=True) if height > 0
    ]  # fmt: skip


def _targets(stacks: Sequence[Stack]) -> list[Markup]:
    slot = WIDTH / max(1, len(stacks))
    return [
        element("g", element("title", stack.tip), element("rect", x=nth * slot, width=slot, height=HEIGHT), class_="pt")
        for nth, stack in enumerate(stacks)
    ]


def _times(stacks: Sequence[Stack]) -> Markup:
    """Names of times below the middles of their bars; the page hides every second one where there is little room."""
    texts = [
        element("text", stacks[at].label, x=f"{short((at + 0.5) / len(stacks) * 100)}%", y="1em", text_anchor="middle",
                class_="odd" if nth % 2 else None)
        for nth, at in enumerate(spread(len(stacks), MOST_LABELS))
    ]  # fmt: skip
    return element("svg", *texts, class_="times", aria_hidden="true")


def stacked_bars(
    stacks: Sequence[Stack], layers: Sequence[str], *, title: str, about: str, say: Callable[[float], str]
) -> Markup:
    """Draw `stacks`; `title` and `about` are what a screen reader says, `say` writes a value beside its line."""
    marks = ticks([sum(stack.parts) for stack in stacks])
    grid = element("path", class_="grid", d="".join(
        f"M0,{short(HEIGHT - HEIGHT * mark / marks[-1])}h{WIDTH}" for mark in marks))  # fmt: skip
    bars = [bar for nth, stack in enumerate(stacks) for bar in _bar(nth, len(stacks), stack, layers, marks[-1])]
    plot = element(
        "svg", element("title", title), element("desc", about), grid, element("g", *bars, class_="bars"),
        join(_targets(stacks)), class_="plot", viewBox=f"0 0 {WIDTH} {HEIGHT}", preserveAspectRatio="none", role="img",
    )  # fmt: skip
    return element("div", value_names(marks, say), plot, _times(stacks), class_="series")
