"""The walls between the rooms, read from the code's own imports.

The table is the one of CONTRIBUTING.md. A room may import what its row says and nothing else; a third-party package
that a row binds to a module is named in that module only. No cycle, and no import inside a function.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("clickhouse", "registry", "collector", "dashboard", "footfall")

MAY_SEE: dict[str, set[str]] = {
    "clickhouse": set(),
    "registry": set(),
    "collector": {"clickhouse", "registry"},
    "dashboard": {"clickhouse", "registry"},
    "footfall": {"clickhouse", "registry", "collector", "dashboard"},
}

# package -> where in the room it may be named ("" = anywhere in the room; a folder or a file otherwise)
THIRD_PARTY: dict[str, dict[str, str]] = {
    "clickhouse": {"msgspec": "", "clickhouse_connect": "client.py", "chdb": "client.py"},
    "registry": {"msgspec": "", "sqlalchemy": "", "alembic": "", "argon2": "", "redis": "salts.py"},
    "collector": {
        "starlette": "",
        "msgspec": "",
        "jinja2": "privacy",
        "uvicorn": "guard.py",
        "geoip2": "distill/geo.py",
        "maxminddb": "distill/geo.py",
        "user_agents": "distill/device.py",
        "ua_parser": "distill/device.py",
        "crawleruseragents": "distill/device.py",
    },
    "dashboard": {"starlette": "", "jinja2": "", "msgspec": "", "segno": "qr.py"},
    "footfall": {
        "click": "",
        "msgspec": "",
        "rich": "",
        "uvicorn": "",
        "yaml": "updates/lists.py",
        "cryptography": "wayout/sealing.py",
    },
}

# Optional extras may be imported where they are used: whoever does not install them never pays.
INSIDE_A_FUNCTION = {"redis", "psycopg", "cryptography"}


def modules(room: str) -> Iterator[Path]:
    yield from sorted((ROOT / room).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[tuple[str, int, bool]]:
    """Yield (dotted name, line, inside a function) of every import."""
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside.update(child for child in ast.walk(node) if child is not node)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, node in inside
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, node.lineno, node in inside


def faults_of(room: str, path: Path) -> Iterator[str]:
    inner = path.relative_to(ROOT / room).as_posix()
    for name, line, inside in imported(ast.parse(path.read_text())):
        top = name.partition(".")[0]
        where = f"{path.relative_to(ROOT)}:{line}"
        if inside and top not in INSIDE_A_FUNCTION:
            yield f"{where} imports {name} inside a function"
        if top == room or top in sys.stdlib_module_names:
            continue
        if top in ROOMS:
            if top not in MAY_SEE[room]:
                yield f"{where}: {room} may not see {top}"
            continue
        place = THIRD_PARTY[room].get(top)
        if place is None:
            yield f"{where}: {room} may not use {top}"
        elif place and inner != place and not inner.startswith(place + "/"):
            yield f"{where}: {top} belongs in {room}/{place} alone"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_its_row_allows(room: str) -> None:
    faults = [fault for path in modules(room) for fault in faults_of(room, path)]
    assert not faults, "\n".join(faults)


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def arrows() -> dict[str, set[str]]:
    """Module -> modules of ours that it imports when it is loaded."""
    paths = {dotted(path): path for room in ROOMS for path in modules(room)}
    graph: dict[str, set[str]] = {}
    for name, path in paths.items():
        graph[name] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                deeper = {f"{node.module}.{alias.name}" for alias in node.names}
                graph[name] |= (deeper & paths.keys()) or ({node.module} & paths.keys())
            elif isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names} & paths.keys()
        graph[name].discard(name)
    return graph


def test_no_import_goes_in_a_circle() -> None:
    graph = arrows()
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for after in sorted(graph[name]):
                walk(after, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        walk(name, ())


def test_the_check_sees_a_breach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clickhouse").mkdir()
    breach = tmp_path / "clickhouse" / "insert.py"
    breach.write_text("import clickhouse_connect\nfrom collector import arrival\ndef f():\n    import os\n")
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert len(list(faults_of("clickhouse", breach))) == 3


def test_no_drawer_for_odds_and_ends() -> None:
    banned = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
    found = [path for room in ROOMS for path in modules(room) if path.stem in banned or path.parent.name in banned]
    assert not found
