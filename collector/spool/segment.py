"""The format of a segment file: its name, its header, its frames. Pure: bytes in, bytes or values out.

    file   = header frame*
    header = magic "FFSP", version u32, segment id (16 random bytes), base u64, crc32 u32
    frame  = length u32, count u32, first seq u64, crc32 u32 of the segment id, those 16 bytes and the payload; payload
    payload = (length u32, record)*
All numbers are little-endian. `base` is how many records the directory had taken before this segment; `seq` counts
from 0 within it. A name is `<number>-<id>.seg`; the number grows, so names sort in the order of writing.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from zlib import crc32

import msgspec

from collector.spool.errors import SpoolNewer

MAGIC = b"FFSP"
VERSION = 1
HEADER = struct.Struct("<4sI16sQI")
FRAME = struct.Struct("<IIQI")
CHECKED = struct.Struct("<IIQ")
"""The part of a frame's header that its checksum covers."""
LENGTH = struct.Struct("<I")

FRAME_BYTES = 1 << 20
"""Longest payload: a reader can hold a frame, and a batch can be cut between frames."""
FRAME_RECORDS = 4096
SEGMENT_RECORDS = 1 << 18
"""Numbers of a segment fit in 18 bits: the store's 32-bit `seq` has room to number what is within a record."""
RECORD_BYTES = FRAME_BYTES - LENGTH.size

# A frame's header begins with three numbers far below their width, and two of them are not 0: by these zeros the next
# frame is found at C speed after damage. The id in the checksum keeps a record from pretending to be a frame.
LIKELY_FRAME = re.compile(rb"(?s)(?=(?!\0{3}).{3}\0(?!\0{3}).{3}\0.{3}\0{5})")
NAME = re.compile(r"(\d{16})-([0-9a-f]{32})\.seg")


class Segment(msgspec.Struct, frozen=True):
    """A segment file, as its name tells."""

    path: Path
    number: int
    id: bytes

    @property
    def seed(self) -> int:
        """What the checksums of its frames start from."""
        return crc32(self.id)

    @property
    def key(self) -> int:
        """The 64-bit name that rows carry into the store."""
        return int.from_bytes(self.id[:8], "big")


class Frame(msgspec.Struct, frozen=True):
    """Records that were appended together, from `first` on; `end` is where the next frame starts in the file."""

    first: int
    count: int
    payload: memoryview
    end: int

    @property
    def after(self) -> int:
        return self.first + self.count

    def records(self) -> Iterator[memoryview]:
        payload, at = self.payload, 0
        for _ in range(self.count):
            start = at + 4
            at = start + LENGTH.unpack_from(payload, at)[0]
            yield payload[start:at]


def segment_path(directory: Path, number: int, id_: bytes) -> Path:
    return directory / f"{number:016d}-{id_.hex()}.seg"


def segments_in(directory: Path) -> list[Segment]:
    """All segments of a directory, oldest first."""
    found = [
        Segment(path=path, number=int(told[1]), id=bytes.fromhex(told[2]))
        for path in directory.iterdir()
        if (told := NAME.fullmatch(path.name))
    ]
    return sorted(found, key=lambda segment: segment.number)


def bytes_in(directory: Path) -> int:
    """Add up the segments of a directory; one that is being deleted meanwhile counts as nothing."""
    size = 0
    for segment in segments_in(directory):
        with suppress(FileNotFoundError):
            size += segment.path.stat().st_size
    return size


def holds_anything(segment: Segment) -> bool:
    """Whether more than its header was ever written to a segment."""
    with suppress(FileNotFoundError):
        return segment.path.stat().st_size > HEADER.size
    return False


def pack_header(id_: bytes, base: int) -> bytes:
    told = HEADER.pack(MAGIC, VERSION, id_, base, 0)[:-4]
    return told + LENGTH.pack(crc32(told))


def base_of(header: bytes) -> int | None:
    """The header's `base`, or None when the header is damaged (the name still tells the id). Raises SpoolNewer."""
    if len(header) < HEADER.size:
        return None
    magic, version, _, base, check = HEADER.unpack_from(header)
    if magic != MAGIC or crc32(header[: HEADER.size - 4]) != check:
        return None
    if version > VERSION:
        raise SpoolNewer(f"a newer release wrote this spool (version {version}): run that release")
    return int(base)


def pack_frames(records: Sequence[bytes], first: int, seed: int) -> bytes:
    """Frames for `records`, numbered from `first`. Raises ValueError for a record that fits in no frame."""
    frames: list[bytes] = []
    start = size = 0
    for at, record in enumerate(records):
        weight = len(record) + LENGTH.size
        if not 0 < len(record) <= RECORD_BYTES:
            raise ValueError(f"a record of {len(record)} bytes does not fit in a frame")
        if size + weight > FRAME_BYTES or at - start >= FRAME_RECORDS:
            frames.append(_pack_frame(records[start:at], first + start, seed))
            start, size = at, 0
        size += weight
    frames.append(_pack_frame(records[start:], first + start, seed))
    return b"".join(frames)


def _pack_frame(records: Sequence[bytes], first: int, seed: int) -> bytes:
    pack = LENGTH.pack
    payload = b"".join(chain.from_iterable((pack(len(record)), record) for record in records))
    head = CHECKED.pack(len(payload), len(records), first)
    return b"".join((head, pack(crc32(payload, crc32(head, seed))), payload))


def frame_at(data: memoryview, at: int, seq: int, seed: int, offset: int = 0) -> Frame | None:
    """The good frame at `data[at]` that starts with `seq` or a later one; None: there is none, or not all of it.

    `offset` is where `data` starts in its file.
    """
    if len(data) - at < FRAME.size:
        return None
    length, count, first, check = FRAME.unpack_from(data, at)
    start = at + FRAME.size
    if not is_plausible(length, count, first, seq) or start + length > len(data):
        return None
    payload = data[start : start + length]
    if crc32(payload, crc32(data[at : at + CHECKED.size], seed)) != check:
        return None
    return Frame(first=first, count=count, payload=payload, end=offset + start + length)


def is_plausible(length: int, count: int, first: int, seq: int) -> bool:
    """True if these could be a frame's numbers where `seq` is expected. Each record takes at least 5 bytes."""
    return 0 < count <= FRAME_RECORDS and count * 5 <= length <= FRAME_BYTES and first >= seq


def is_cut_off(data: memoryview, at: int, seq: int) -> bool:
    """True if a believable frame starts at `data[at]` and goes on past the end of `data`."""
    if len(data) - at < FRAME.size:
        return True
    length, count, first, _ = FRAME.unpack_from(data, at)
    return is_plausible(length, count, first, seq) and at + FRAME.size + length > len(data)


def next_frame(data: memoryview, at: int, seq: int, seed: int) -> int | None:
    """Where the first good frame at or after `data[at]` starts, or None."""
    for match in LIKELY_FRAME.finditer(data, at):
        if frame_at(data, match.start(), seq, seed) is not None:
            return match.start()
    return None
