"""What it costs the drain to ask which rows of a batch are stored, in a store that `generate.py` has filled.

The drain asks after a crash, an unclear answer or a failed attempt, before it sends anything again. Asked about are
10,000 rows of the segment that came last, of one from the middle of the year, and of one that was never stored. Like
`generate.py` it goes past the public doors: from outside, nobody can ask this question. See README.md.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from generate import generate
from running import machine, scratch

from clickhouse.client import Store, connect
from clickhouse.insert import stored_positions

ROWS = 10_000
TIMES = 11
SEGMENTS = "select segment, min(ts), max(seq) from events group by segment order by 2"


def ask(store: Store, segment: int, since_ms: int) -> tuple[int, float, float]:
    """Ask eleven times; return how many rows are there, and the median's seconds of waiting and of CPU."""
    waited, worked, there = [], [], 0
    for _ in range(TIMES):
        began, clock = time.perf_counter(), time.process_time()
        there = len(stored_positions(store, "events", segment, 0, ROWS, since_ms))
        waited.append(time.perf_counter() - began)
        worked.append(time.process_time() - clock)
    return there, statistics.median(waited), statistics.median(worked)


def measure(directory: Path) -> None:
    with connect(f"chdb://{directory / 'data' / 'store'}") as store:
        (((rows,),)) = store.query("select count() from events")
        segments = [(segment, round(first.timestamp() * 1000)) for segment, first, _ in store.query(SEGMENTS)]
        last, middle = segments[-1], segments[len(segments) // 2]
        print(f"{rows} events in {len(segments)} segments; {machine()}")
        for words, (segment, first_ms) in {
            "the last segment": last,
            "one of the middle": middle,
            "one that is not stored": (1 << 62, last[1]),
        }.items():
            for since, bound in (("since its first moment", first_ms), ("without a bound", 0)):
                there, waited, worked = ask(store, segment, bound)
                print(f"  {words}, {since}: {there} rows, {1e3 * waited:.1f} ms, {1e3 * worked:.1f} ms of CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--filled", type=Path, help="a directory that generate.py has filled; a million events unless given"
    )
    parser.add_argument("--smoke", action="store_true", help="ten thousand events; does it work at all")
    asked = parser.parse_args()
    if asked.filled:
        measure(asked.filled)
        return
    with scratch() as directory:
        events = 10_000 if asked.smoke else 1_000_000
        generate(directory, events, events // 5)
        measure(directory)


if __name__ == "__main__":
    main()
