"""Does anything grow that should not? A steady load for half an hour, looked at every half minute. See README.md.

300 events a second (an open loop) into `footfall serve` with the embedded store. Watched: memory, open descriptors,
files of the spool, parts of the store in use. The self-audit, which a server makes once a day and first after a quarter
of an hour, is made before: what it loads stays. At the end the spool has to be back at its last segments, no connection
may be left, the books have to balance, and the last fifth may not need more memory and descriptors than the second.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ingest import accounted, await_stored, counted
from load import SITE, requests
from openloop import turn
from running import Running, fetch, footfall, machine, scratch, serving

MOST_GROWTH = 0.05
MOST_PARTS = 50
MOST_SEGMENTS = 3
"""One is being written; a drained one is kept for eleven minutes after its last write, and is written for ten."""


class Look(NamedTuple):
    """One look at a running process."""

    rss_mb: float
    descriptors: int
    """Open files and the like."""
    sockets: int
    segments: int
    parts: int


def look(server: Running, data: Path) -> Look:
    """Count from outside: /proc, and the files that it keeps."""
    opened = list(_opened(server.process.pid))
    sockets = sum(name.startswith("socket:") for name in opened)
    segments = len(list(data.glob("spool/0/*.seg")))
    parts = [part.parent for part in data.glob("store/store/*/*/[0-9]*/columns.txt") if _is_ours(part)]
    return Look(server.rss_mb(), len(opened) - sockets, sockets, segments, in_use(parts))


def _opened(pid: int) -> Iterable[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            yield str(descriptor.readlink())


def in_use(parts: Iterable[Path]) -> int:
    """Count the parts that no other covers: merged ones lie there for minutes. `20261122_3_7_1` holds blocks 3 to 7."""
    spans: dict[tuple[Path, str], list[tuple[int, int]]] = {}
    for part in parts:
        partition, first, last, *_ = part.name.split("_")
        spans.setdefault((part.parent, partition), []).append((int(first), -int(last)))
    count = 0
    for found in spans.values():
        reached = -1
        for _, last in sorted(found):
            count += -last > reached
            reached = max(reached, -last)
    return count


def _is_ours(columns: Path) -> bool:
    try:
        return "site_id" in columns.read_text()
    except OSError:  # merged away between finding and reading
        return False


def measure(rate: int, seconds: float, every: float) -> None:
    posts = requests(1)
    with scratch() as directory:
        footfall(directory, "site", "add", SITE)
        with serving(directory) as server:
            sent = len(turn(server.port, posts, rate, min(seconds, 2)))
            footfall(directory, "audit")  # once a day, and the first time after a quarter of an hour: in our midst
            first = look(server, directory / "data")
            looks: list[Look] = []
            stop = threading.Event()

            def watch() -> None:
                while not stop.wait(every):
                    fetch(server.url + "/healthz")
                    looks.append(look(server, directory / "data"))
                    print(f"  {len(looks) * every:6.0f} s: {_words(looks[-1])}", flush=True)

            watcher = threading.Thread(target=watch)
            watcher.start()
            began = time.monotonic()
            while (left := seconds - (time.monotonic() - began)) > 0:
                sent += len(turn(server.port, posts, rate, min(left, 60)))
            stop.set()
            watcher.join()
            now = await_stored(server)
            last = look(server, directory / "data")
            print(f"  at rest: {_words(last)}")
            judge(first, looks, last, sent, accounted(now), counted(server).get("events_kept_total", 0))


def judge(first: Look, looks: list[Look], last: Look, sent: int, received: int, kept: int) -> None:
    """Say what grew; a run that grew or lost something fails."""
    print(f"  {sent} events were answered with 202; accounted for {received}, kept {kept}")
    fifth = max(len(looks) // 5, 1)
    settled = looks[fifth:] or [last]
    early, late = settled[:fifth], settled[-fifth:]
    growth = _usual(late, "rss_mb") / _usual(early, "rss_mb") - 1
    print(f"  memory, last fifth over second: {growth:+.1%}; most parts {max(one.parts for one in settled)}")
    faults = [
        words
        for words, is_so in (
            ("events were lost or doubled", received != sent),
            ("memory grew", len(looks) > 5 and growth > MOST_GROWTH),
            ("too many parts", max(one.parts for one in settled) > MOST_PARTS),
            ("the spool keeps segments", last.segments > MOST_SEGMENTS),
            ("descriptors leak", _usual(late, "descriptors") > _usual(early, "descriptors") + 20),
            ("connections are left", last.sockets > first.sockets + 2),
        )
        if is_so
    ]
    if faults:
        raise SystemExit("; ".join(faults))


def _usual(looks: list[Look], name: str) -> float:
    """Return the median: a merge under way has files open and buffers filled, and gives both back."""
    return statistics.median(getattr(one, name) for one in looks)


def _words(one: Look) -> str:
    return (
        f"{one.rss_mb:.0f} MB, {one.descriptors} descriptors and {one.sockets} sockets, "
        f"{one.segments} spool segments, {one.parts} parts in use"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=300, help="events a second (at most 5,000)")
    parser.add_argument("--minutes", type=float, default=30, help="at most 240")
    parser.add_argument("--smoke", action="store_true", help="three seconds; does it work at all")
    asked = parser.parse_args()
    rate, seconds, every = (
        (50, 3.0, 1.0) if asked.smoke else (min(asked.rate, 5000), min(asked.minutes, 240) * 60, 30.0)
    )
    print(f"{rate} events/s for {seconds / 60:.1f} minutes; {machine()}")
    measure(rate, seconds, every)


if __name__ == "__main__":
    main()
