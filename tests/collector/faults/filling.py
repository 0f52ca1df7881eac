"""A program for a disk of its own: fills it with a spool until it is full, makes room, goes on, and says how it went.

`python filling.py DIRECTORY`: prints as JSON what was acknowledged, what is there, and how long it took to go on.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from disk import SMALL
from msgspec.structs import replace

from collector.spool import Spool, SpoolFull
from collector.spool.reader import Reader
from collector.spool.segment import segments_in

RECORD = b"%08d" + bytes(2000)


def main(directory: Path) -> None:
    spool = Spool.open(directory, replace(SMALL, segment_bytes=1 << 20))
    number, acknowledged, refused = 0, [], 0
    while refused < 5:
        number += 1
        try:
            spool.append([RECORD % number])
            acknowledged.append(number)
        except SpoolFull:
            refused += 1
    reader, found = Reader(directory), []
    while reader.peek() is not None:
        found += [int(bytes(record[:8])) for record in reader.take().records()]
    for segment in segments_in(directory)[:2]:
        segment.path.unlink()  # as the drain does with what is stored
    began = time.monotonic()
    spool.append([RECORD % (number + 1)])
    recovered = time.monotonic() - began
    print(json.dumps({"acknowledged": acknowledged, "found": found, "seconds": recovered, "last": number + 1}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
