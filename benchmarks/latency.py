"""How long one event waits for its 202 when events come as they come, not after the last answer. See README.md.

Five turns of an open loop (openloop.py), each printed; the median of their 99th percentiles is the figure. Afterwards
the books must balance.
"""

from __future__ import annotations

import argparse
import gc
import statistics

from ingest import await_stored, check_books
from load import SITE, requests
from openloop import CONNECTIONS, quantiles, turn
from running import footfall, machine, scratch, serving


def measure(rate: int, seconds: float, turns: int, workers: int) -> None:
    posts = requests(1)
    with scratch() as directory:
        footfall(directory, "site", "add", SITE)
        several = () if workers == 1 else ("--workers", str(workers))
        with serving(directory, *several) as server:
            turn(server.port, posts, rate, min(seconds, 2))  # warms up
            gc.collect()
            gc.disable()  # a pause of the loader is none of the server's
            sent = int(rate * min(seconds, 2))
            high: list[float] = []
            for number in range(1, turns + 1):
                waited = turn(server.port, posts, rate, seconds)
                sent += len(waited)
                shown = quantiles(waited)
                high.append(shown[1])
                print(f"  turn {number}: median {shown[0]:.2f} ms, 99 % within {shown[1]:.2f}, 99.9 % {shown[2]:.2f}")
            print(f"  p99 at {rate:,} events/s (median of turns): {statistics.median(high):.2f} ms")
            check_books(await_stored(server), sent, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1000, help="events a second (at most 20,000)")
    parser.add_argument("--seconds", type=float, default=10, help="of each turn (at most 60)")
    parser.add_argument("--workers", type=int, default=1, help="processes that receive: 1 (one does all) to 8")
    parser.add_argument("--smoke", action="store_true", help="a second of each; does it work at all")
    asked = parser.parse_args()
    rate, seconds, turns = (100, 1, 1) if asked.smoke else (min(asked.rate, 20_000), min(asked.seconds, 60), 5)
    print(f"open loop, {CONNECTIONS} connections, {asked.workers} worker(s); {machine()}")
    measure(rate, seconds, turns, min(asked.workers, 8))


if __name__ == "__main__":
    main()
