"""Time series: one number over time, with the period before behind it.

In: points in order, each with its texts ready made. Out: a figure of three SVGs: names of the values at the left, the
plot, names of the times below. The plot is a stretched box, so it fills any width without a script; texts sit beside
it at percentages and are never stretched. Values start at 0. A bucket that is not over yet is joined by a dashed line,
one that has not begun has no point. A mark on the time axis
says that somebody noted something. Every point has a column that shows its text on hover, however thin the line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from dashboard.charts.scale import Unit, spread, ticks
from dashboard.charts.svg import Markup, element, join, short

WIDTH, HEIGHT = 1000, 100
MOST_LABELS = 8
MOST_COLUMNS = 400
"""Hover targets; a finer one could not be hit."""


class Point(msgspec.Struct, frozen=True):
    """One bucket of time. `tip` is its text on hover, lines split by a line feed."""

    label: str
    tip: str
    value: float | None
    before: float | None = None
    is_partial: bool = False
    is_noted: bool = False
    """Somebody wrote something about it; its text is part of `tip`."""


class _Box(msgspec.Struct, frozen=True):
    """From (which point, which value) to a place in the plot."""

    count: int
    top: float

    def x(self, i: float) -> float:
        return WIDTH / 2 if self.count < 2 else i * WIDTH / (self.count - 1)

    def y(self, value: float) -> float:
        return HEIGHT - HEIGHT * value / self.top

    def at(self, i: int, value: float) -> str:
        return f"{short(self.x(i))},{short(self.y(value))}"


Known = list[tuple[int, float]]


def _runs(values: Sequence[float | None]) -> list[Known]:
    """Neighbouring known values: a gap in the numbers is a gap in the line."""
    runs: list[Known] = [[]]
    for i, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((i, value))
    return [run for run in runs if run]


def _line(box: _Box, run: Known, name: str) -> Markup:
    """A polyline; a lone point becomes a dot, which a line of no length draws with its round ends."""
    if len(run) == 1:
        return element("path", d=f"M{box.at(*run[0])}h0", class_=f"{name} dot")
    return element("polyline", points=" ".join(box.at(i, v) for i, v in run), class_=name)


def _area(box: _Box, run: Known) -> Markup:
    edge = " ".join(box.at(i, v) for i, v in run)
    first, last = short(box.x(run[0][0])), short(box.x(run[-1][0]))
    return element("polygon", points=f"{first},{HEIGHT} {edge} {last},{HEIGHT}", class_="area")


def _now_lines(box: _Box, points: Sequence[Point]) -> list[Markup]:
    """The line of this period: solid over what is complete, dashed into what is not."""
    shapes: list[Markup] = []
    for run in _runs([point.value for point in points]):
        shapes.append(_area(box, run))
        whole = [step for step in run if not points[step[0]].is_partial]
        if whole:
            shapes.append(_line(box, whole, "now"))
        if len(whole) < len(run):
            shapes.append(_line(box, [*whole[-1:], *run[len(whole) :]], "now partial"))
    return shapes


def _columns(box: _Box, points: Sequence[Point]) -> list[Markup]:
    """Hover targets as wide as a bucket, with the point and its text."""
    stride = -(-len(points) // MOST_COLUMNS) or 1
    width = stride * WIDTH / max(1, len(points) - 1)
    drawn = []
    for i, point in list(enumerate(points))[::stride]:
        target = element("rect", x=box.x(i) - width / 2, width=width, height=HEIGHT)
        rule = element("path", d=f"M{short(box.x(i))},0v{HEIGHT}", class_="rule")
        dot = None if point.value is None else element("path", d=f"M{box.at(i, point.value)}h0", class_="dot")
        drawn.append(element("g", element("title", point.tip), target, rule, dot, class_="pt"))
    return drawn


def _notes(box: _Box, points: Sequence[Point]) -> list[Markup]:
    """A rule and a mark on the time axis for each point with a note."""
    noted = [short(box.x(i)) for i, point in enumerate(points) if point.is_noted]
    return [element("path", d=f"M{x},0v{HEIGHT}", class_="noted") for x in noted] + [
        element("path", d=f"M{x},{HEIGHT}h0", class_="noted dot") for x in noted
    ]


def value_names(marks: Sequence[float], say: Callable[[float], str]) -> Markup:
    """The names of the values, beside the plot."""
    texts = [element("text", say(mark), x="100%", y=f"{short(100 - 100 * mark / marks[-1])}%") for mark in marks]
    return element("svg", *texts, class_="values", aria_hidden="true")


def _times(points: Sequence[Point]) -> Markup:
    """Names of times; the page hides every second one where there is little room."""
    box, texts = _Box(len(points), 1), []
    shown = spread(len(points), MOST_LABELS)
    for nth, i in enumerate(shown):
        side = "start" if i == 0 and len(points) > 1 else "end" if i == len(points) - 1 > 0 else "middle"
        texts.append(element("text", points[i].label, x=f"{short(box.x(i) / WIDTH * 100)}%", y="1em",
                             text_anchor=side, class_="odd" if nth % 2 else None))  # fmt: skip
    return element("svg", *texts, class_="times", aria_hidden="true")


def time_series(
    points: Sequence[Point], *, title: str, about: str, say: Callable[[float], str], unit: Unit = "count"
) -> Markup:
    """Draw `points`; `title` and `about` are what a screen reader says, `say` writes a value beside its line."""
    marks = ticks([value for point in points for value in (point.value, point.before)], unit)
    box = _Box(len(points), marks[-1])
    grid = element("path", class_="grid", d="".join(f"M0,{short(box.y(mark))}h{WIDTH}" for mark in marks))
    before = [_line(box, run, "before") for run in _runs([point.before for point in points])]
    plot = element(
        "svg", element("title", title), element("desc", about), grid, join(before), join(_now_lines(box, points)),
        join(_notes(box, points)),
        join(_columns(box, points)), class_="plot", viewBox=f"0 0 {WIDTH} {HEIGHT}", preserveAspectRatio="none",
        role="img",
    )  # fmt: skip
    return element("div", value_names(marks, say), plot, _times(points), class_="series")
