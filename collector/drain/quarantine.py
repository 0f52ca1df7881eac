"""Rows that the store can never take, put aside for a person to look at: `quarantine.jsonl` in the spool's directory.

In: a position, why, and the final row. Out: a line of JSON, on disk, once. A line holds the row as it would have been
stored, without any number of the visitor: it lives for seven days, longer than a number may. The file is capped: the
oldest lines go first; when a visitor of a site has something erased, all lines of that site go. It is bounded, private
(0600), and never read by the product itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from clickhouse.rows import Event, Position, RedactionCount, RefusalCount
from collector.spool.disk import replace_durably

KEPT_SECONDS = 7 * 86_400
MOST_BYTES = 4 << 20


class Rejected(msgspec.Struct, frozen=True):
    """A row that was refused: where it lay, why, and what it was (None: it cannot even be decoded)."""

    position: Position
    why: str
    row: Event | RefusalCount | RedactionCount | None


class Line(msgspec.Struct, frozen=True):
    """A line of the file; `at` is when it was written, in seconds since 1970."""

    at: int
    segment: str
    seq: int
    why: str
    row: dict[str, object]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


class Quarantine:
    """The file of one spool directory. `clock` gives seconds since 1970."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = directory / "quarantine.jsonl"
        self._clock = clock

    def put(self, rows: Iterable[Rejected]) -> None:
        """Put rows aside, durably; one that is there already, from an earlier attempt, stays as it is."""
        lines = {(line.segment, line.seq): line for line in self.lines()}
        now = int(self._clock())
        for row in rows:
            key = f"{row.position.segment:016x}", row.position.seq
            lines.setdefault(key, Line(now, *key, row.why, _without_visitor(row.row)))
        self._write(list(lines.values()))

    def sweep(self) -> None:
        """Forget what is older than seven days."""
        lines = self.lines()
        young = [line for line in lines if self._clock() - line.at < KEPT_SECONDS]
        if len(young) < len(lines):
            self._write(young)

    def drop_sites(self, site_ids: Collection[int]) -> None:
        """Forget every row of these sites: a line has no number that could tell whose it was."""
        self._drop(lambda row: row.get("site_id") in site_ids)

    def drop_names(self, is_name: Callable[[str], bool]) -> None:
        """Forget every count that was made under such a name of a host."""
        self._drop(lambda row: is_name(str(row.get("rule", ""))))

    def _drop(self, is_meant: Callable[[dict[str, object]], bool]) -> None:
        lines = self.lines()
        others = [line for line in lines if not is_meant(line.row)]
        if len(others) < len(lines):
            self._write(others)

    def lines(self) -> list[Line]:
        if not self._path.exists():
            return []
        return [_decode(line) for line in self._path.read_bytes().splitlines()]

    def _write(self, lines: Sequence[Line]) -> None:
        text = [_encode(line) + b"\n" for line in lines]
        size = sum(map(len, text))
        first = 0
        while size > MOST_BYTES:
            size -= len(text[first])
            first += 1
        replace_durably(self._path, b"".join(text[first:]))


def _without_visitor(row: Event | RefusalCount | RedactionCount | None) -> dict[str, object]:
    if row is None:
        return {}
    if isinstance(row, Event):
        row = replace(row, visitor_id=0, dsr_id=0)
    return msgspec.structs.asdict(row)
