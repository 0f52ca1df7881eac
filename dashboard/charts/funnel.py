"""Funnel: how many are left after each step, as columns that lose their upper part.

In: steps in order, each a number (None: too few to say) and its text on hover. Out: one SVG that fills its width; names
and numbers stand in the page's own text below it, column by column. Each column is as high as the first step at most;
what was lost since the step before is drawn paler on top of it. Colour is never alone: the page prints the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dashboard.charts.svg import Markup, element

WIDTH, HEIGHT = 1000, 100
FILLED = 0.62


class FunnelStep(msgspec.Struct, frozen=True):
    """One step; `tip` is its text on hover."""

    tip: str
    value: int | None


def funnel_bars(steps: Sequence[FunnelStep], *, title: str, about: str) -> Markup:
    """Draw the steps side by side."""
    top = max((step.value or 0 for step in steps), default=0) or 1
    slot = WIDTH / max(1, len(steps))
    drawn, before = [], 0
    for nth, step in enumerate(steps):
        left, width = nth * slot + slot * (1 - FILLED) / 2, slot * FILLED
        height, lost = HEIGHT * (step.value or 0) / top, HEIGHT * max(0, before - (step.value or 0)) / top
        pale = element("rect", x=left, y=HEIGHT - height - lost, width=width, height=lost, class_="lost")
        solid = element("rect", x=left, y=HEIGHT - height, width=width, height=height, class_="left-over")
        target = element("rect", x=nth * slot, width=slot, height=HEIGHT)
        known = step.value is not None
        shapes = (pale if lost and known else None, solid if height else None, element("g", target, class_="pt-box"))
        drawn.append(element("g", element("title", step.tip), *shapes, class_="cell"))
        before = step.value if step.value is not None else before
    base = element("path", class_="grid", d=f"M0,{HEIGHT}h{WIDTH}")
    return element(
        "svg", element("title", title), element("desc", about), *drawn, base, class_="plot funnel",
        viewBox=f"0 0 {WIDTH} {HEIGHT}", preserveAspectRatio="none", role="img",
    )  # fmt: skip
