"""F8 and F16: a disk that is really full, and a spool that another release has left."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from faults.drains import drain_all, draining, numbered, paths, refused
from faults.reading import read_all
from faults.traffic import NOON, event, fill, id_of

from clickhouse.client import Store, StoreAway
from clickhouse.lasting import Lasting
from clickhouse.rows import RedactionCount, RefusalCount
from collector.drain.intent import NoteBook
from collector.spool import Spool
from collector.spool.record import SCHEMA, KeptBlank, KeptEvent, KeptRedactions, KeptRefusals, decode

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden" / "spool" / "0.1"
MOUNT = 'mount -t tmpfs -o size=8m footfall "$1" && exec "$2" "$3" "$1"'


def can_mount(directory: Path) -> bool:
    asked = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=1m footfall "$1"', "sh", str(directory)]
    return shutil.which("unshare") is not None and subprocess.run(asked, capture_output=True).returncode == 0


def test_on_a_disk_of_8_mb_that_is_full_everything_acknowledged_is_there_and_it_goes_on(tmp_path: Path) -> None:
    if not can_mount(tmp_path):
        pytest.skip("needs to mount a tmpfs in a namespace of its own (Linux, as root)")
    program = [sys.executable, str(HERE / "faults" / "filling.py")]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", MOUNT, "sh", str(tmp_path), *program],
        env={"PYTHONPATH": str(HERE.parents[1]), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["acknowledged"]) > 3000
    assert told["found"] == told["acknowledged"]
    assert told["last"] > told["acknowledged"][-1]


def test_a_spool_that_release_0_1_left_is_read_to_the_last_field(tmp_path: Path) -> None:
    directory = tmp_path / "0"
    shutil.copytree(GOLDEN, directory)
    held = read_all(directory)
    assert (held.lost, held.torn) == (0, 0)
    full = event(0, path="/full", query="q=1", title="T", referrer="r.example", props={"plan": "pro"}, scroll=50)
    assert [decode(record) for record in held.records] == [
        KeptEvent(SCHEMA, bytes.fromhex(id_of(1)), full),
        KeptEvent(SCHEMA, b"", event(60, path="/second", consented=True, dsr_id=5)),
        KeptRefusals(SCHEMA, (RefusalCount(1, 20_000, "bot", 3, "rule"),)),
        KeptRedactions(SCHEMA, (RedactionCount(1, 20_000, "email", "/u/*", 2),)),
        KeptBlank(SCHEMA, 1, bytes.fromhex(id_of(2)), held_blank(held.records[4])),
        KeptEvent(SCHEMA, b"", event(120, path="/third")),
    ]


def held_blank(record: bytes) -> bytes:
    blank = decode(record)
    assert isinstance(blank, KeptBlank)
    return blank.nothing


def test_a_spool_and_a_note_of_release_0_1_are_drained_and_written_on(store: Store, tmp_path: Path) -> None:
    directory = tmp_path / "0"
    shutil.copytree(GOLDEN, directory)
    note = NoteBook(directory).read()
    assert note is not None
    assert not note.settled
    Spool.open(directory).close()  # this release begins a segment beside it
    drain_all(store, directory)
    assert sorted(paths(store)) == ["/full", "/second", "/third"]
    assert refused(store) == {(1, "bot"): 3}
    assert store.query("select count(), sum(pageviews), min(toUnixTimestamp(start)) from visits final") == [
        (1, 3, NOON // 1000)
    ]


def test_what_a_failed_disk_of_the_store_took_waits_in_the_spool_for_another_start(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_fd: int) -> None:
        raise OSError(5, "Input/output error")

    fill(tmp_path, numbered(0, 40))
    with monkeypatch.context() as worn, draining(store, tmp_path) as drain:
        lasting = Lasting(tmp_path, fail)
        worn.setattr(store.writer, "lasting", lasting)
        for _ in range(3):
            with pytest.raises(StoreAway, match="disk failed"):
                drain.step()
        lasting.close()
    note = NoteBook(tmp_path).read()
    assert note is not None
    assert not note.settled
    drain_all(store, tmp_path)
    assert paths(store) == [f"/{number:06d}" for number in range(40)]
