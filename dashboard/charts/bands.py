"""Bands: how a whole falls into a few parts, as one thin bar; and how far a page is read, as four steps.

In: numbers in order, a class each. Out: an SVG that fills its width, hidden from screen readers: the words beside it
say the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.charts.svg import Markup, element

WIDTH, HEIGHT = 100, 8
STEP_HEIGHT = 20


def band_bar(parts: Sequence[tuple[str, float]]) -> Markup:
    """One bar of parts, (class, number) each; nothing at all for nothing."""
    whole = sum(number for _, number in parts)
    if whole <= 0:
        return Markup("")
    shapes, at = [], 0.0
    for name, number in parts:
        wide = WIDTH * number / whole
        if wide:
            shapes.append(element("rect", x=at, width=wide, height=HEIGHT, class_=name))
        at += wide
    return element("svg", *shapes, class_="bands", viewBox=f"0 0 {WIDTH} {HEIGHT}", preserveAspectRatio="none",
                   aria_hidden="true")  # fmt: skip


def reach_steps(shares: Sequence[float | None]) -> Markup:
    """Columns of shares from 0 to 100, the first at the left."""
    slot = WIDTH / max(1, len(shares))
    shapes = [
        element("rect", x=nth * slot + 1, y=STEP_HEIGHT - STEP_HEIGHT * (share or 0) / 100, width=slot - 2,
                height=STEP_HEIGHT * (share or 0) / 100)
        for nth, share in enumerate(shares)
    ]  # fmt: skip
    base = element("path", d=f"M0,{STEP_HEIGHT}h{WIDTH}", class_="grid")
    return element("svg", *shapes, base, class_="reach", viewBox=f"0 0 {WIDTH} {STEP_HEIGHT}",
                   preserveAspectRatio="none", aria_hidden="true")  # fmt: skip
