"""Markup that cannot be injected into: elements made of names, attributes and children.

In: a tag name, children, attributes. Out: `Markup`, a string that templates print as it is (the `__html__` protocol).
Whatever is not Markup is escaped on its way in, so a chart function cannot forget to. `class_` stands for `class`,
and an underscore inside a name for a hyphen. Numbers are written as short as they can be.
"""

from __future__ import annotations

from html import escape
from typing import TypeAlias


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


Child: TypeAlias = Markup | str | None
Attribute: TypeAlias = str | float | bool | None


def short(number: float) -> str:
    """A coordinate with at most two decimals and no idle zeros: 12.5, 3, -0.25."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _attribute(name: str, value: Attribute) -> str:
    name = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    text = value if isinstance(value, str) else short(float(value or 0))
    return f' {name}="{escape(text)}"'


def join(children: list[Markup]) -> Markup:
    """Put elements side by side."""
    return Markup("".join(children))


def element(tag: str, *children: Child, **attributes: Attribute) -> Markup:
    """One element; children and attributes that are None (or False) are left out."""
    opened = "".join(_attribute(k, v) for k, v in attributes.items() if v is not None and v is not False)
    inner = "".join(c if isinstance(c, Markup) else escape(c) for c in children if c is not None)
    return Markup(f"<{tag}{opened}>{inner}</{tag}>")
