"""The spool under random use: appends, failures, restarts, rolls, reading and deleting, in any order."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from faults.disk import FULL, ROOMY, SMALL, Disk
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from collector.spool import Spool, SpoolFault, SpoolFull
from collector.spool.reader import Reader
from collector.spool.segment import segments_in

LIMITS = replace(SMALL, segment_bytes=700, segment_seconds=0)


class SpoolMachine(RuleBasedStateMachine):
    """`promised` is what was acknowledged; the reader must give exactly that, in order, with unique positions."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.disk = Disk()
        self.promised: list[bytes] = []
        self.positions: list[tuple[int, int]] = []
        self.read: list[bytes] = []
        self.read_at: list[tuple[int, int]] = []
        self.number = 0

    @initialize()
    def begin(self) -> None:
        self.spool = self.open()
        self.reader = Reader(self.directory)

    def open(self) -> Spool:
        return Spool.open(self.directory, LIMITS, sync=self.disk.sync, space=self.disk.space)

    def some(self, count: int) -> list[bytes]:
        first, self.number = self.number, self.number + count
        return [b"record %d" % number for number in range(first, first + count)]

    @rule(count=st.integers(1, 12))
    def append(self, count: int) -> None:
        records = self.some(count)
        segment, a, b = self.spool.append(records)
        self.promised += records
        self.positions += [(segment, seq) for seq in range(a, b)]

    @rule(count=st.integers(1, 3), faults=st.integers(1, 2))
    def append_on_a_failing_disk(self, count: int, faults: int) -> None:
        self.disk.faults = faults
        with pytest.raises(SpoolFault):
            self.spool.append(self.some(count))
        self.disk.faults = 0

    @rule()
    def append_on_a_full_disk(self) -> None:
        self.disk.room = FULL
        with pytest.raises(SpoolFull):
            self.spool.append(self.some(1))
        self.disk.room = ROOMY

    @rule()
    def roll(self) -> None:
        self.spool.rest()

    @rule(half_a_frame=st.binary(max_size=60))
    def crash_and_restart(self, half_a_frame: bytes) -> None:
        """The process dies in the middle of a write: its locks go, a piece of a frame stays."""
        self.spool.close()
        with segments_in(self.directory)[-1].path.open("ab") as newest:
            newest.write(half_a_frame)
        self.spool = self.open()

    @rule(frames=st.integers(1, 8))
    def read_some(self, frames: int) -> None:
        for _ in range(frames):
            if self.reader.peek() is None:
                return
            segment = self.reader.segment
            assert segment is not None
            frame = self.reader.take()
            self.read += map(bytes, frame.records())
            self.read_at += [(segment.key, seq) for seq in range(frame.first, frame.after)]

    @precondition(lambda self: hasattr(self, "reader") and self.reader.segment is not None)
    @rule()
    def delete_what_is_read(self) -> None:
        here = self.reader.segment
        assert here is not None
        for segment in segments_in(self.directory):
            if segment.number < here.number:
                segment.path.unlink()

    @invariant()
    def what_is_read_was_promised_in_this_order(self) -> None:
        assert self.read == self.promised[: len(self.read)]
        assert self.read_at == self.positions[: len(self.read)]

    def teardown(self) -> None:
        self.spool.close()
        self.read_some(10**6)
        assert self.read == self.promised
        assert len(set(self.positions)) == len(self.positions)
        assert self.reader.lost == 0
        self.reader.close()
        shutil.rmtree(self.directory)


thorough = os.environ.get("FOOTFALL_TEST_THOROUGH")
TestSpoolMachine = SpoolMachine.TestCase
TestSpoolMachine.settings = settings(
    max_examples=200 if thorough else 25, stateful_step_count=2000 if thorough else 40, deadline=None
)
