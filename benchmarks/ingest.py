"""How many events a second one process takes in, beside a bare uvicorn that only answers 202. See README.md.

`footfall serve` and the reference take turns (A B A B …) under the same load, so that a busy machine slows both. After
each turn everything has to be stored before the other begins, and at the end the books must balance: rows kept =
202 answers x events in each - refused. Otherwise a server that forgets would be the fastest.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import sys
import time
from pathlib import Path

from load import CONNECTIONS, SITE, Outcome, drive, requests
from running import Running, fetch, footfall, free_port, machine, scratch, serving, started

BARE = ("--http", "httptools", "--loop", "uvloop", "--no-access-log", "--log-level", "warning", "--lifespan", "off")


def counted(server: Running) -> dict[str, int]:
    """What /metrics counts of our site, and what it counts of no site: the product's own tests are another site's."""
    sums: dict[str, int] = {}
    for name, labels, value in re.findall(
        r"^footfall_(\w+)(?:\{(.*)\})? (\S+)$", fetch(server.url + "/metrics").decode(), re.MULTILINE
    ):
        if "site=" not in labels or f'site="{SITE}"' in labels:
            sums[name] = sums.get(name, 0) + int(float(value))
    return sums


def await_stored(server: Running, seconds: float = 120) -> dict[str, int]:
    """Wait until nothing is left in the spool and all that was received is accounted for."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        now = counted(server)
        if now.get("spool_events", 0) == 0 and now.get("events_received_total", 0) == accounted(now):
            return now
        time.sleep(0.1)
    raise SystemExit(f"not everything was stored after {seconds:.0f} s: {counted(server)}")


def accounted(now: dict[str, int]) -> int:
    return sum(now.get(f"events_{what}_total", 0) for what in ("kept", "refused", "duplicate"))


def check_books(now: dict[str, int], answered: int, unread: int) -> None:
    """Compare the store with the answers; wrk hangs up on up to `unread` events whose answer it does not wait for."""
    surplus = accounted(now) - answered
    kept, refused = now.get("events_kept_total", 0), now.get("events_refused_total", 0)
    duplicate = now.get("events_duplicate_total", 0)
    print(f"  202 answers stood for {answered} events; kept {kept}, refused {refused}, duplicate {duplicate}")
    if not 0 <= surplus <= unread:
        raise SystemExit(f"the books do not balance: {surplus} events more than were answered")
    if not kept or refused > kept // 100:
        raise SystemExit("a load that is refused is not measured")


class Turns:
    """Rates and costs of one server, a figure for each turn."""

    def __init__(self, server: Running, batch: int) -> None:
        self.server = server
        self.batch = batch
        self.rates: list[float] = []
        self.costs: list[float] = []
        self.loop_costs: list[float] = []
        self.answered = 0

    def add(self, outcome: Outcome, cpu: float, loop: float) -> None:
        if outcome.other:
            raise SystemExit(f"{outcome.other} answers were not 202")
        events = outcome.answered * self.batch
        self.answered += events
        self.rates.append(events / outcome.seconds)
        self.costs.append(cpu / events * 1e6)
        self.loop_costs.append(loop / events * 1e6)


def turn(turns: Turns, posts: list[bytes], seconds: float, directory: Path, *, stores: bool) -> None:
    server = turns.server
    cpu, loop = server.cpu_seconds(), server.loop_seconds()
    outcome = drive(server.port, posts, seconds, directory)
    loop_used = server.loop_seconds() - loop
    if stores:
        await_stored(server)
    turns.add(outcome, server.cpu_seconds() - cpu, loop_used)


def measure(seconds: float, rounds: int, batch: int, workers: int) -> None:
    posts = requests(batch)
    with scratch() as directory:
        footfall(directory, "site", "add", SITE)
        port = free_port()
        bare = (
            sys.executable,
            "-m",
            "uvicorn",
            "bare:app",
            "--app-dir",
            str(Path(__file__).parent),
            "--port",
            str(port),
            *BARE,
        )
        several = () if workers == 1 else ("--workers", str(workers))
        with serving(directory, *several) as ours, started(directory, bare, "/", port) as reference:
            a, b = Turns(ours, batch), Turns(reference, 1)
            for number in range(rounds + 1):  # the first round warms both up
                turn(a, posts, seconds if number else min(seconds, 2), directory, stores=True)
                turn(b, posts, seconds if number else min(seconds, 2), directory, stores=False)
            now = await_stored(ours)
            tell(a, b)
            check_books(now, a.answered, CONNECTIONS * batch * (rounds + 1) if shutil.which("wrk") else 0)


def tell(a: Turns, b: Turns) -> None:
    """Print each round, then the medians; round 0 was for warming up."""
    for number, (ours, theirs) in enumerate(zip(a.rates, b.rates, strict=True)):
        name = f"round {number}" if number else "warm-up"
        print(
            f"  {name}: footfall {ours:8,.0f} events/s   bare uvicorn {theirs:8,.0f} requests/s"
            f"   ratio {ours / theirs:.2f}"
        )
    ratios = [ours / theirs for ours, theirs in zip(a.rates[1:], b.rates[1:], strict=True)]
    middle = statistics.median
    print(f"  median: footfall {middle(a.rates[1:]):,.0f} events/s, bare uvicorn {middle(b.rates[1:]):,.0f} requests/s")
    print(f"  ratio (median of rounds): {middle(ratios):.2f}")
    print(
        f"  CPU us/event: footfall {middle(a.costs[1:]):.1f} until stored,"
        f" of it {middle(a.loop_costs[1:]):.1f} in the event loop; bare uvicorn {middle(b.costs[1:]):.1f} us/request"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="of each turn (at most 60)")
    parser.add_argument("--rounds", type=int, default=5, help="at most 20")
    parser.add_argument("--batch", type=int, default=1, help="events in a request, 1 to 50")
    parser.add_argument("--workers", type=int, default=1, help="processes that receive: 1 (one does all) to 8")
    parser.add_argument("--smoke", action="store_true", help="a second of each; does it work at all")
    asked = parser.parse_args()
    seconds, rounds = (1, 1) if asked.smoke else (min(asked.seconds, 60), min(asked.rounds, 20))
    loader = "wrk" if shutil.which("wrk") else "asyncio"
    print(
        f"{loader}, {CONNECTIONS} connections, {asked.batch} event(s) a request, {asked.workers} worker(s); {machine()}"
    )
    measure(seconds, rounds, asked.batch, min(asked.workers, 8))


if __name__ == "__main__":
    main()
