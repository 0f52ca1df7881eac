"""How long one event waits for its 202 when events come as they come, not after the last answer. See README.md.

An open loop: event n is due at n / rate, whatever the server is doing, on whichever of many open connections is free;
its time counts from when it was due. So a server that stops for 50 ms pays for every event of those 50 ms. Five turns,
each printed; the median of their 99th percentiles is the figure. Afterwards the books must balance.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import re
import statistics
import time
from collections import deque

import uvloop
from ingest import await_stored, check_books
from load import SITE, requests
from running import HERE, footfall, machine, scratch, serving

CONNECTIONS = 256
QUANTILES = (0.5, 0.99, 0.999)


class Line:
    """One open connection: a post goes out, its answer comes back."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def post(self, body: bytes) -> None:
        self.writer.write(body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        if head[9:12] != b"202":
            raise SystemExit(f"an answer was not 202: {head[:60]!r}")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        await self.reader.readexactly(int(length[1]) if length else 0)


async def turn(port: int, posts: list[bytes], rate: int, seconds: float) -> list[float]:
    """Send `rate` events a second for so long; return the seconds each waited, from when it was due."""
    free: deque[Line] = deque([Line(*await asyncio.open_connection(HERE, port)) for _ in range(CONNECTIONS)])
    waited: list[float] = []
    began = time.perf_counter()

    async def send(number: int, line: Line) -> None:
        await line.post(posts[number % len(posts)])
        waited.append(time.perf_counter() - began - number / rate)
        free.append(line)

    sending: set[asyncio.Task[None]] = set()
    for number in range(int(rate * seconds)):
        ahead = began + number / rate - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        while not free:
            await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(send(number, free.popleft()))
        sending.add(task)
        task.add_done_callback(sending.discard)
    await asyncio.gather(*sending)
    for line in free:
        line.writer.close()
    return sorted(waited)


def measure(rate: int, seconds: float, turns: int, workers: int) -> None:
    posts = requests(1)
    with scratch() as directory:
        footfall(directory, "site", "add", SITE)
        several = () if workers == 1 else ("--workers", str(workers))
        with serving(directory, *several) as server:
            uvloop.run(turn(server.port, posts, rate, min(seconds, 2)))  # warms up
            gc.collect()
            gc.disable()  # a pause of the loader is none of the server's
            sent = int(rate * min(seconds, 2))
            high: list[float] = []
            for number in range(1, turns + 1):
                waited = uvloop.run(turn(server.port, posts, rate, seconds))
                sent += len(waited)
                shown = [waited[min(int(part * len(waited)), len(waited) - 1)] * 1000 for part in QUANTILES]
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
