"""Sizes and docstrings: a file fits in the head, a function on the screen, and each says what it is.

Limits: files 300 lines, functions 60, median function 10; module docstrings of 3-12 lines. Data and generated files are
not code and are not measured.
"""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("clickhouse", "registry", "collector", "dashboard", "footfall")
TEXT = {".py": 300, ".js": 300, ".sql": 300, ".html": 300, ".css": 400}
GENERATED = {"dist", "node_modules", "vectors", "data"}
FUNCTION_LINES = 60
MEDIAN_LINES = 10

Function = ast.FunctionDef | ast.AsyncFunctionDef


def ours() -> Iterator[Path]:
    for room in (*ROOMS, "js-snippet", "tests", "benchmarks"):
        for path in sorted((ROOT / room).rglob("*")):
            if path.is_file() and not GENERATED & set(path.relative_to(ROOT).parts):
                yield path


def python(rooms: tuple[str, ...] = ROOMS) -> list[Path]:
    return [path for path in ours() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in rooms]


def body_lines(function: Function) -> int:
    """Lines of a function without its docstring and decorators."""
    first = function.body[0]
    told = ast.get_docstring(function) is not None
    doc = (first.end_lineno or 0) - first.lineno + 1 if told else 0
    return (function.end_lineno or 0) - function.lineno + 1 - doc


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, Function)]


def test_no_file_outgrows_the_head() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in ours()
        if path.suffix in TEXT and (lines := len(path.read_text().splitlines())) > TEXT[path.suffix]
    }
    assert not long


def test_no_function_outgrows_the_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name} {body_lines(function)}"
        for path in python()
        for function in functions(path)
        if body_lines(function) > FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("room", ROOMS)
def test_most_functions_are_small(room: str) -> None:
    sizes = [body_lines(function) for path in python((room,)) for function in functions(path)]
    assert statistics.median(sizes) <= MEDIAN_LINES


def test_every_module_says_what_it_is() -> None:
    faults = []
    for path in python():
        told = ast.get_docstring(tree(path))
        lines = len(told.splitlines()) if told else 0
        if not 3 <= lines <= 12:
            faults.append(f"{path.relative_to(ROOT)}: module docstring of {lines} lines")
    assert not faults, "\n".join(faults)


def test_every_module_has_its_types_postponed() -> None:
    """`from __future__ import annotations` everywhere: annotations cost nothing when a module is loaded."""
    bare = []
    for path in python():
        speaks = len(tree(path).body) > 1
        if speaks and "from __future__ import annotations" not in path.read_text():
            bare.append(path.relative_to(ROOT))
    assert not bare
