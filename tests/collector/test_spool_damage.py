"""Damage to the spool's files: torn tails, flipped bits, lost power. Nothing invented, nothing lost unhurt."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from faults.disk import SMALL, PowerLog, after_power_cut
from faults.reading import read_all
from msgspec.structs import replace

from collector.spool import Spool
from collector.spool.reader import CHUNK
from collector.spool.segment import FRAME_BYTES, HEADER, segments_in

FRAMES = 16
PER_FRAME = 3


def record(number: int) -> bytes:
    return b"record %06d" % number


def fill(directory: Path, frames: int = FRAMES) -> list[bytes]:
    """Append `frames` frames of 3 records each; a second, empty segment tells how far the first one went."""
    spool = Spool.open(directory, replace(SMALL, segment_seconds=0))
    for first in range(0, frames * PER_FRAME, PER_FRAME):
        spool.append([record(number) for number in range(first, first + PER_FRAME)])
    spool.rest()
    spool.close()
    return [record(number) for number in range(frames * PER_FRAME)]


def test_7_a_tail_torn_at_any_byte_costs_only_the_frame_it_tears(tmp_path: Path) -> None:
    records = fill(tmp_path)
    first, second = segments_in(tmp_path)
    second.path.unlink()  # as after a crash: nothing tells how far it should go
    whole = first.path.read_bytes()
    frame = (len(whole) - HEADER.size) // FRAMES
    for end in range(len(whole) - 12 * frame, len(whole)):
        first.path.write_bytes(whole[:end])
        held = read_all(tmp_path)
        assert held.records == records[: (end - HEADER.size) // frame * PER_FRAME]
        assert held.lost == 0


def test_7_a_flipped_bit_in_any_byte_costs_only_its_frame_and_is_counted(tmp_path: Path) -> None:
    records = fill(tmp_path)
    first, _ = segments_in(tmp_path)
    whole = first.path.read_bytes()
    frame = (len(whole) - HEADER.size) // FRAMES
    dice = random.Random(7)
    for at in range(len(whole)):
        bad = bytearray(whole)
        bad[at] ^= 1 << dice.randrange(8)
        first.path.write_bytes(bad)
        held = read_all(tmp_path)
        hit = (at - HEADER.size) // frame * PER_FRAME
        expected = records if at < HEADER.size else records[:hit] + records[hit + PER_FRAME :]
        assert held.records == expected
        in_base = at < HEADER.size
        assert held.lost == (0 if in_base else PER_FRAME), at


def test_7_damage_is_passed_while_the_segment_is_still_being_written(tmp_path: Path) -> None:
    records = fill(tmp_path)
    first, second = segments_in(tmp_path)
    second.path.unlink()
    whole = bytearray(first.path.read_bytes())
    frame = (len(whole) - HEADER.size) // FRAMES
    whole[HEADER.size + 5 * frame + 30] ^= 1
    first.path.write_bytes(whole)
    held = read_all(tmp_path)
    assert held.records == records[:15] + records[18:]
    assert held.lost == PER_FRAME


@pytest.mark.parametrize("garbage", [b"\0", b"\xff", b"\1\0\0\0"])
def test_7_megabytes_of_garbage_are_passed(tmp_path: Path, garbage: bytes) -> None:
    records = fill(tmp_path)
    first, _ = segments_in(tmp_path)
    whole = first.path.read_bytes()
    frame = (len(whole) - HEADER.size) // FRAMES
    cut = HEADER.size + 5 * frame
    junk = garbage * ((CHUNK + FRAME_BYTES) // len(garbage) + 17)
    first.path.write_bytes(whole[:cut] + junk + whole[cut:])
    held = read_all(tmp_path)
    assert held.records == records
    assert held.lost == 0


def test_7_a_frame_that_was_torn_off_before_an_orderly_roll_is_counted_as_lost(tmp_path: Path) -> None:
    records = fill(tmp_path)
    first, _ = segments_in(tmp_path)
    whole = first.path.read_bytes()
    first.path.write_bytes(whole[:-1])
    held = read_all(tmp_path)
    assert held.records == records[:-PER_FRAME]
    assert (held.lost, held.torn > 0) == (PER_FRAME, True)


def test_7_frames_that_are_longer_than_one_read_are_read(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path, SMALL)
    records = [bytes([number]) * 700_000 for number in range(20)]
    spool.append(records)
    spool.close()
    held = read_all(tmp_path)
    assert held.records == records
    assert (held.lost, held.torn) == (0, 0)


def test_1_what_was_acknowledged_survives_a_power_cut_at_any_moment(tmp_path: Path) -> None:
    """2,000 disks after a power cut: unsynced sectors old, zero or garbage, files short, fresh names missing."""
    spool_dir = tmp_path / "spool"
    log = PowerLog(spool_dir)
    spool = Spool.open(spool_dir, replace(SMALL, segment_bytes=3000), sync=log.sync)
    dice = random.Random(2)
    while log.acknowledged < 60:
        size = dice.choice([1, 1, 2, 7])
        first = log.acknowledged
        spool.append([record(number) * dice.randint(1, 30) for number in range(first, first + size)])
        log.acknowledged += size
    spool.close()
    written = read_all(spool_dir).records
    for seed in range(2000):
        dice = random.Random(seed)
        moment = dice.choice(log.moments)
        after = tmp_path / f"after{seed}"
        after_power_cut(moment, after, dice)
        records = read_all(after).records
        assert records[: moment.acknowledged] == written[: moment.acknowledged], seed
        assert records == written[: len(records)], seed


def test_1_a_spool_goes_on_after_a_power_cut(tmp_path: Path) -> None:
    spool_dir = tmp_path / "spool"
    log = PowerLog(spool_dir)
    spool = Spool.open(spool_dir, SMALL, sync=log.sync)
    for number in range(20):
        spool.append([record(number)])
    spool.close()
    for seed in range(20):
        dice = random.Random(seed)
        after = tmp_path / f"after{seed}"
        after_power_cut(log.moments[-1], after, dice)
        before = read_all(after).records
        spool = Spool.open(after, SMALL)
        spool.append([b"new"])
        spool.close()
        held = read_all(after)
        assert held.records == [*before, b"new"]
        assert held.lost == 0
