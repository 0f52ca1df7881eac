"""What a spool directory holds, read through the reader as the drain does."""

from __future__ import annotations

from pathlib import Path

import msgspec

from collector.spool.reader import Reader


class Held(msgspec.Struct):
    """Everything that was read: records with their positions, and the reader's account of what was not."""

    records: list[bytes]
    positions: list[tuple[int, int]]
    lost: int
    torn: int


def read_all(directory: Path) -> Held:
    reader = Reader(directory)
    held = Held([], [], 0, 0)
    misses = 0
    while misses < 2:  # a bad spot in the newest segment gets a second look before it is called damage
        if reader.peek() is None:
            misses += 1
            continue
        misses = 0
        segment = reader.segment
        assert segment is not None
        frame = reader.take()
        for seq, record in enumerate(frame.records(), frame.first):
            held.records.append(bytes(record))
            held.positions.append((segment.key, seq))
    held.lost, held.torn = reader.lost, reader.torn
    reader.close()
    return held
