"""What keeps `footfall serve` from starting is told in one line, with exit code 2."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from serve_world import Start, one_line, servers

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with servers(tmp_path) as start:
        yield start


def test_a_second_process_on_the_same_data_refuses_in_one_line(start: Start) -> None:
    first = start()
    assert first.url
    one_line(start(), str(first.data), "FOOTFALL_DATA")
    assert first.send() == [202]


def test_a_taken_port_is_told_in_one_line(start: Start, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one_line(start("--port", str(port)), str(port), "--port")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"FOOTFALL_TRUSTED_PROXIES": "*"}, ["FOOTFALL_TRUSTED_PROXIES", "CIDR"]),
        ({"FOOTFALL_STORE": "clickhouse://"}, ["FOOTFALL_STORE"]),
        ({"FOOTFALL_LISTEN": "0.0.0.0:0"}, ["FOOTFALL_BASE_URL"]),
        ({"FOOTFALL_GEO": "/nowhere/geo.mmdb"}, ["FOOTFALL_GEO", "/nowhere/geo.mmdb"]),
        ({"FOOTFALL_GEO": __file__}, ["FOOTFALL_GEO", "MaxMind"]),
        ({"FOOTFALL_DATA": "/dev/null/data"}, ["/dev/null"]),
        ({"FOOTFALL_REGISTRY": "sqlite:////dev/null/registry"}, []),
    ],
    ids=lambda value: "" if isinstance(value, list) else next(iter(value)),
)
def test_a_setting_that_cannot_work_is_told_in_one_line(
    start: Start, environ: dict[str, str], words: list[str]
) -> None:
    one_line(start(**environ), *words)


@pytest.mark.parametrize(
    ("words", "environ", "told"),
    [
        (
            ["--workers", "2"],
            {"FOOTFALL_STORE": "clickhouse://x@127.0.0.1:1/f", "FOOTFALL_SALTS": "memory:"},
            "FOOTFALL_SALTS",
        ),
        (["--workers", "2", "--only", "dashboard"], {}, "--only dashboard"),
    ],
)
def test_what_several_workers_cannot_share_is_told_in_one_line(
    start: Start, words: list[str], environ: dict[str, str], told: str
) -> None:
    one_line(start(*words, **environ), told)
