"""A program to be killed: drains spools into a server, and kills itself at a named point. Not a test.

`python rewinding.py DSN POINT NUMBER SPOOL...`: at POINT, for the NUMBERth time, with kill -9.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from pathlib import Path

from clickhouse.client import connect
from collector.drain import Drain, DrainLimits


def main(dsn: str, point: str, number: int, *spools: Path) -> None:
    reached: Counter[str] = Counter()

    def at(here: str) -> None:
        reached[here] += 1
        if (here, reached[here]) == (point, number):
            os.kill(os.getpid(), signal.SIGKILL)

    with connect(dsn) as store:
        drain = Drain(store, spools, limits=DrainLimits(batch_rows=10), at=at)
        while drain.step():
            pass
        drain.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *map(Path, sys.argv[4:]))
