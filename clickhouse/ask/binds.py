"""Values on their way into a statement: each gets a name, a type, and a place outside the text.

In: a ClickHouse type and a value. Out: `{name:Type}` to write into the statement. The only way for a value to
get near SQL; the names of columns and functions come from the tables in this folder and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping


class Binds:
    """The values of one statement."""

    def __init__(self, known: Mapping[str, object]) -> None:
        self._values: dict[str, object] = dict(known)
        self._count = 0

    def add(self, kind: str, value: object) -> str:
        """Bind a value; return what stands for it."""
        name = f"v{self._count}"
        self._count += 1
        self._values[name] = value
        return f"{{{name}:{kind}}}"

    def used_in(self, sql: str) -> dict[str, object]:
        """Return the values that the finished text refers to."""
        return {name: value for name, value in self._values.items() if f"{{{name}:" in sql}
