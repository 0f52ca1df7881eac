"""The routes that a room writes down, read from its code: what no test of a route table could forget."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def routes_in(room: str) -> Iterator[str]:
    """Yield every path that a module of a room writes down."""
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and re.fullmatch(r"/(?!/)[a-z0-9{}_./:-]*", node.value) and len(node.value) < 80:
                yield node.value
