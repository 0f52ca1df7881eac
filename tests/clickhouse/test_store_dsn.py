"""Where the store is: every form that is read, every form that is refused in one line without telling the password."""

from __future__ import annotations

from pathlib import Path

import pytest

from clickhouse.dsn import Host, Target, read_dsn
from clickhouse.faults import StoreMisconfigured

READ = [
    ("chdb:///var/lib/footfall", Target(database="footfall", directory=Path("/var/lib/footfall"))),
    ("chdb:///with%20space/x", Target(database="footfall", directory=Path("/with space/x"))),
    ("clickhouse://h", Target(database="footfall", hosts=(Host("h", 8123),))),
    ("clickhouses://h", Target(database="footfall", hosts=(Host("h", 8443),), tls=True)),
    (
        "clickhouse://u:p%40ss@h:9/stats",
        Target(database="stats", hosts=(Host("h", 9),), user="u", password="p@ss"),
    ),
    (
        "clickhouse://u:p@a:1,b,[::1]:3/db?cluster=main",
        Target(
            database="db",
            hosts=(Host("a", 1), Host("b", 8123), Host("::1", 3)),
            user="u",
            password="p",
            cluster="main",
        ),
    ),
]

REFUSED = [
    "",
    "postgresql://h/db",
    "chdb://",
    "chdb://relative/dir",
    "clickhouse://",
    "clickhouse://u:secret@",
    "clickhouse://u:secret@h:notaport/db",
    "clickhouse://u:secret@h:99999/db",
    "clickhouse://u:secret@a,,b/db",
    "clickhouse://u:secret@h/db;drop",
    "clickhouse://u:secret@h/a/b",
    "clickhouse://u:secret@h/db?cluster=x'y",
    "clickhouse://u:secret@h/db?compress=1",
]


@pytest.mark.parametrize(("dsn", "target"), READ)
def test_a_dsn_says_where_the_store_is(dsn: str, target: Target) -> None:
    assert read_dsn(dsn, "footfall") == target


@pytest.mark.parametrize("dsn", REFUSED)
def test_a_dsn_that_cannot_work_is_refused_in_one_line_without_the_password(dsn: str) -> None:
    with pytest.raises(StoreMisconfigured) as refusal:
        read_dsn(dsn, "footfall")
    assert "STORE" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_a_database_is_named_with_plain_letters_only() -> None:
    with pytest.raises(StoreMisconfigured, match="database"):
        read_dsn("chdb:///x", "a`b")
