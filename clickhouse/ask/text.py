"""How a statement is laid out: one clause a line, what is nested is indented.

In: columns, sources and conditions that are text already. Out: text. It knows no table, no value and no question;
build.py and filters.py say what to read, this says how it looks, so that a golden file can be read by a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent

STEP = "    "


def select(
    columns: Sequence[str],
    source: str,
    *,
    join: str = "",
    where: Sequence[str] = (),
    group: Sequence[str] = (),
) -> str:
    """Write a select."""
    clauses = ["select", ",\n".join(indent(column, STEP) for column in columns), f"from {source}"]
    if join:
        clauses.append(join)
    if where:
        clauses.append("where " + "\n  and ".join(where))
    if group:
        clauses.append(f"group by {', '.join(group)}")
    return "\n".join(clauses)


def nested(statement: str) -> str:
    """Write a statement as a source or a set."""
    return f"(\n{indent(statement, STEP)}\n)"


def joined(word: str, parts: Sequence[str]) -> str:
    """Write conditions as one: `(a and b)`, or the only one as it is."""
    return parts[0] if len(parts) == 1 else f"({word.join(parts)})"
