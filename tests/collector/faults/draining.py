"""A program to be killed: drains a spool into its own embedded store, and kills itself at a named point.

`python draining.py SPOOL STORE POINT NUMBER`: at POINT, for the NUMBERth time, with kill -9. "sent" is in the middle of
the insert; "random" is NUMBER milliseconds after the first batch was noted. At "end" it does not die: it drains all and
prints what the store holds, as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import Counter
from pathlib import Path

from clickhouse.client import connect
from clickhouse.migrate import migrate
from collector.drain import Drain, DrainLimits

MILLISECONDS = 0.001


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(spool: Path, store_directory: Path, point: str, number: int) -> None:
    reached: Counter[str] = Counter()

    def at(here: str) -> None:
        reached[here] += 1
        if (here, reached[here]) == (point, number):
            die()
        if (here, point, reached[here]) == ("sending", "sent", number):
            threading.Timer((3 + 7 * number) * MILLISECONDS, die).start()
        if (here, point, reached[here]) == ("noted", "random", 1):
            threading.Timer(number * MILLISECONDS, die).start()

    with connect(f"chdb://{store_directory}", memory_bytes=1 << 30) as store:
        migrate(store)
        drain = Drain(store, [spool], limits=DrainLimits(batch_rows=40), at=at)
        while drain.step():
            pass
        drain.close()
        print(
            json.dumps(
                {
                    "paths": [path for (path,) in store.query("select path from events order by path")],
                    "visits": store.query("select uniqExact(visit_id) from events"),
                    "derived": store.query("select count(), sum(events) from visits final"),
                    "refused": store.query("select reason, sum(count) from refusals group by reason order by reason"),
                }
            )
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
