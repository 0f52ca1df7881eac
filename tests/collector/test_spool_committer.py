"""Group commit: who waits together, who hears of a failure, and what happens at the end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from faults.disk import SMALL, Disk
from faults.reading import read_all
from msgspec.structs import replace

from collector.spool import Committer, Limits, Spool, SpoolClosed, SpoolFault, SpoolFull
from collector.spool.segment import segments_in


class Gate(Disk):
    """A disk whose syncs wait until the gate is opened, once the start is over."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()

    def sync(self, fd: int) -> None:
        self.reached.set()
        assert self.open.wait(60)
        super().sync(fd)

    def shut(self) -> None:
        self.open.clear()
        self.reached.clear()


Scene = Callable[[Committer, Gate], Coroutine[Any, Any, None]]


def play(directory: Path, scene: Scene, limits: Limits = SMALL) -> Gate:
    """Run a scene with a committer on `directory`; the committer is closed afterwards."""
    gate = Gate()

    async def run() -> None:
        committer = Committer(Spool.open(directory, limits, sync=gate.sync, space=gate.space))
        try:
            await scene(committer, gate)
        finally:
            gate.open.set()
            await committer.close()

    asyncio.run(run())
    return gate


async def reach(gate: Gate) -> None:
    """Return when the committer's thread stands before the shut gate."""
    assert await asyncio.to_thread(gate.reached.wait, 20)


def test_10_keep_returns_only_after_the_sync_that_covers_its_records(tmp_path: Path) -> None:
    async def scene(committer: Committer, gate: Gate) -> None:
        gate.shut()
        kept = asyncio.ensure_future(committer.keep([b"a"]))
        await reach(gate)
        assert not kept.done()
        gate.open.set()
        await kept

    play(tmp_path, scene)
    assert read_all(tmp_path).records == [b"a"]


def test_10_all_who_come_during_a_commit_share_the_next_one(tmp_path: Path) -> None:
    async def scene(committer: Committer, gate: Gate) -> None:
        gate.shut()
        first = asyncio.ensure_future(committer.keep([b"first"]))
        await reach(gate)
        rest = [asyncio.ensure_future(committer.keep([b"%d" % number])) for number in range(500)]
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(first, *rest)

    gate = play(tmp_path, scene)
    assert len(gate.syncs) == 3  # header, the first, the 500
    assert len(read_all(tmp_path).records) == 501


def test_10_a_failure_reaches_everyone_of_its_group_and_nobody_else(tmp_path: Path) -> None:
    async def scene(committer: Committer, gate: Gate) -> None:
        gate.shut()
        before = asyncio.ensure_future(committer.keep([b"before"]))
        await reach(gate)
        group = [asyncio.ensure_future(committer.keep([b"%d" % number])) for number in range(20)]
        await asyncio.sleep(0)
        gate.bad = {2}  # after the header and `before`
        gate.open.set()
        await before
        told = await asyncio.gather(*group, return_exceptions=True)
        assert [type(fault) for fault in told] == [SpoolFault] * 20
        assert len({id(fault) for fault in told}) == 20
        await committer.keep([b"after"])

    play(tmp_path, scene)
    assert read_all(tmp_path).records == [b"before", b"after"]


def test_10_a_cancelled_request_takes_nobody_with_it(tmp_path: Path) -> None:
    async def scene(committer: Committer, gate: Gate) -> None:
        gate.shut()
        gone = asyncio.ensure_future(committer.keep([b"gone"]))
        stays = asyncio.ensure_future(committer.keep([b"stays"]))
        await reach(gate)
        gone.cancel()
        gate.open.set()
        await stays
        with pytest.raises(asyncio.CancelledError):
            await gone

    play(tmp_path, scene)
    assert read_all(tmp_path).records == [b"gone", b"stays"]


def test_10_closing_commits_what_is_waiting_and_refuses_what_comes_later(tmp_path: Path) -> None:
    async def scene(committer: Committer, gate: Gate) -> None:
        gate.shut()
        kept = [asyncio.ensure_future(committer.keep([b"%d" % number])) for number in range(10)]
        await reach(gate)
        closing = asyncio.ensure_future(committer.close())
        await asyncio.sleep(0)
        with pytest.raises(SpoolClosed):
            await committer.keep([b"late"])
        gate.open.set()
        await closing
        await asyncio.gather(*kept)

    play(tmp_path, scene)
    assert len(read_all(tmp_path).records) == 10


def test_a_slow_disk_is_answered_with_full_before_memory_is(tmp_path: Path) -> None:
    async def scene(committer: Committer, gate: Gate) -> None:
        gate.shut()
        kept = [asyncio.ensure_future(committer.keep([b"x" * 400])) for _ in range(2)]
        await reach(gate)
        with pytest.raises(SpoolFull, match="waiting"):
            await committer.keep([b"x" * 400])
        gate.open.set()
        await asyncio.gather(*kept)
        await committer.keep([b"y" * 400])

    play(tmp_path, scene, replace(SMALL, waiting_bytes=1000))
    assert len(read_all(tmp_path).records) == 3


@pytest.mark.parametrize("record", [b"", b"x" * (1 << 20)])
def test_a_record_that_no_frame_can_hold_is_its_senders_fault_alone(tmp_path: Path, record: bytes) -> None:
    async def scene(committer: Committer, gate: Gate) -> None:
        good = asyncio.ensure_future(committer.keep([b"good"]))
        with pytest.raises(ValueError, match="a record takes"):
            await committer.keep([record])
        await good

    play(tmp_path, scene)
    assert read_all(tmp_path).records == [b"good"]


def test_a_crowd_is_cut_into_groups_and_all_of_it_is_kept(tmp_path: Path) -> None:
    records = [bytes([number]) * 500_000 for number in range(40)]

    async def scene(committer: Committer, gate: Gate) -> None:
        await asyncio.gather(*(committer.keep([record]) for record in records))

    gate = play(tmp_path, scene)
    assert read_all(tmp_path).records == records
    assert 4 <= len(gate.syncs) <= 9


def test_a_quiet_spool_closes_its_old_segment(tmp_path: Path) -> None:
    async def scene(committer: Committer, gate: Gate) -> None:
        await committer.keep([b"a"])
        while len(await asyncio.to_thread(partial(segments_in, tmp_path))) == 1:
            await asyncio.sleep(0.005)

    play(tmp_path, scene, replace(SMALL, segment_seconds=0))
    assert read_all(tmp_path).records == [b"a"]
