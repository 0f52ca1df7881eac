"""Sankey: streams that part and join, step by step, as bands between columns of bars.

In: flows, each from a name of one step to a name of the next with a number. Out: one SVG in its own units, wide enough
to be read; the page lets it scroll where there is no room. A bar is as high as the larger of what comes in and what
goes out; bars of a column stand by size, what is bundled last. A bar may be a link. Looking back, the first column
stands at the right, so that time runs from left to right on the page. Pure: it knows no page and no visit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from dashboard.charts.svg import Markup, element, short

WIDTH, WIDEST, BAR, HEIGHT, GAP = 1180, 295, 10, 380, 14
"""Units. Few columns stand closer than many would."""
LABEL_GAP = 6
LONGEST = 24
LEAST = 2.0
"""Units. A bar that exists is seen."""


class Flow(msgspec.Struct, frozen=True):
    """So much goes from `here`, in the column of that number (from 0), to `there` in the next; empty: it ends."""

    column: int
    here: str
    there: str
    number: int


class Node(msgspec.Struct, frozen=True):
    """One bar."""

    column: int
    name: str
    number: int
    top: float = 0
    height: float = 0


def cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def nodes_of(flows: Sequence[Flow], last: Callable[[str], bool]) -> list[list[Node]]:
    """The bars of each column, largest first; those that `last` says last."""
    comes: dict[tuple[int, str], int] = {}
    goes: dict[tuple[int, str], int] = {}
    for flow in flows:
        goes[flow.column, flow.here] = goes.get((flow.column, flow.here), 0) + flow.number
        if flow.there:
            comes[flow.column + 1, flow.there] = comes.get((flow.column + 1, flow.there), 0) + flow.number
    columns: list[list[Node]] = [[] for _ in range(max((column for column, _ in (*comes, *goes)), default=-1) + 1)]
    for column, name in sorted({*comes, *goes}):
        columns[column].append(Node(column, name, max(comes.get((column, name), 0), goes.get((column, name), 0))))
    return [sorted(column, key=lambda node: (last(node.name), -node.number, node.name)) for column in columns]


def placed(columns: Sequence[Sequence[Node]]) -> dict[tuple[int, str], Node]:
    """Give every bar its place: one scale for all columns, so that bands keep their width."""
    scale = min(
        ((HEIGHT - GAP * (len(column) - 1)) / sum(node.number for node in column) for column in columns if column),
        default=1.0,
    )
    found = {}
    for column in columns:
        top = 0.0
        for node in column:
            height = max(LEAST, node.number * scale)
            found[node.column, node.name] = msgspec.structs.replace(node, top=top, height=height)
            top += height + GAP
    return found


def band(left: float, right: float, from_top: float, to_top: float, width: float) -> str:
    """The outline of a band from one bar to the next."""
    bend = (left + right) / 2
    a, b, c, d = short(from_top), short(to_top), short(to_top + width), short(from_top + width)
    x, y, m = short(left), short(right), short(bend)
    return f"M{x},{a}C{m},{a} {m},{b} {y},{b}V{c}C{m},{c} {m},{d} {x},{d}Z"


def sankey(
    flows: Sequence[Flow],
    *,
    title: str,
    about: str,
    say: Callable[[str], str],
    tell: Callable[[Flow], str],
    count: Callable[[int], str],
    links: Mapping[str, str],
    last: Callable[[str], bool],
    is_back: bool = False,
) -> Markup:
    """Draw flows. `say` names a bar, `tell` a band, `count` a number; `links` are where bars lead."""
    columns = nodes_of(flows, last)
    nodes = placed(columns)
    step = min(WIDEST, WIDTH // max(1, len(columns)))
    width = step * max(1, len(columns))

    def x(column: int) -> float:
        return width - step * (column + 1) if is_back else step * column

    bands, out, into = [], dict.fromkeys(nodes, 0.0), dict.fromkeys(nodes, 0.0)
    order = {key: nth for nth, key in enumerate(nodes)}
    inner = [flow for flow in flows if flow.there]
    for flow in sorted(inner, key=lambda one: (order[one.column, one.here], order[one.column + 1, one.there])):
        start, end = nodes[flow.column, flow.here], nodes[flow.column + 1, flow.there]
        thick = flow.number * start.height / start.number
        edges = (
            (x(flow.column) + BAR, x(flow.column + 1)) if not is_back else (x(flow.column), x(flow.column + 1) + BAR)
        )
        path = band(*edges, start.top + out[start.column, start.name], end.top + into[end.column, end.name], thick)
        out[start.column, start.name] += thick
        into[end.column, end.name] += thick
        bands.append(element("g", element("title", tell(flow)), element("path", d=path), class_="cell flow"))
    bars = [_bar(node, x(node.column), say, count, links) for node in nodes.values()]
    height = max((node.top + node.height for node in nodes.values()), default=0) + GAP
    return element("svg", element("title", title), element("desc", about), *bands, *bars, class_="sankey", width=width,
                   height=height + 12, viewBox=f"0 -12 {width} {short(height + 12)}", role="group",
                   aria_label=title)  # fmt: skip


def _bar(node: Node, x: float, say: Callable[[str], str], count: Callable[[int], str], links: Mapping[str, str]
         ) -> Markup:  # fmt: skip
    name, middle = say(node.name), node.top + node.height / 2
    shape = element("rect", x=x, y=node.top, width=BAR, height=node.height, rx=2)
    text = element("text", element("tspan", cut(name), class_="who"), element("tspan", f" {count(node.number)}"),
                   x=x + BAR + LABEL_GAP, y=middle + 4)  # fmt: skip
    tip, href = f"{name}\n{count(node.number)}", links.get(node.name, "")
    if not href:
        return element("g", element("title", tip), shape, text, class_="cell node")
    # Not a <title>: that would be read as a part of the link's text, once more.
    return element("a", shape, text, href=href, class_="cell node", data_tip=tip)
