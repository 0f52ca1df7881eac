"""What happens while the store is away, and how fast is it made up for? See README.md.

Two parts. Absence: `footfall serve` on a store behind HTTP, which is stopped in its tracks for a minute under 500
events a second; every answer has to be 202. Backlog: events are taken in while no store answers at all, then the same
directory is served with the embedded one, until the spool is empty. At the end of each the books have to balance.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from ingest import accounted, counted
from load import SITE, drive, requests
from openloop import quantiles, turn
from running import HERE, Running, end, environment, fetch, footfall, machine, scratch, serving

FACADE = Path(__file__).parents[1] / "tests" / "facade.py"
NOWHERE = f"clickhouse://default:@{HERE}:1/footfall"
PATIENCE_SECONDS = 3600.0
PER_POST = 20


@contextlib.contextmanager
def store_behind_http(directory: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A ClickHouse server's stand-in in a process of its own (the one that the tests use), and its DSN."""
    home = directory / "clickhouse"
    home.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(FACADE), str(home)],
        cwd=FACADE.parent,
        env=environment(directory) | {"PYTHONPATH": str(FACADE.parents[1]), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        told = process.stdout.readline() if process.stdout else ""
        yield process, f"clickhouse://default:x@{HERE}:{told.split()[-1]}/footfall"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)
        end(process)


def await_empty(server: Running) -> float:
    """Wait until nothing is in the spool; return the seconds."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_SECONDS:
        if counted(server).get("spool_events", 1) == 0 and counted(server).get("events_kept_total", 0):
            return time.monotonic() - began
        time.sleep(0.2)
    raise SystemExit("the spool does not get empty")


def absence(rate: int, seconds: float) -> None:
    posts = requests(1)
    with scratch() as directory, store_behind_http(directory) as (store, dsn):
        footfall(directory, "site", "add", SITE)
        with serving(directory, store=dsn) as server:
            turn(server.port, posts, rate, min(seconds, 2))
            os.kill(store.pid, signal.SIGSTOP)
            back = threading.Timer(seconds, os.kill, (store.pid, signal.SIGCONT))
            back.start()
            waited = turn(server.port, posts, rate, seconds)
            back.join()
            shown = quantiles(waited)
            caught_up = await_empty(server)
            sent = len(waited) + int(rate * min(seconds, 2))
            print(f"  store away for {seconds:.0f} s at {rate} events/s: {len(waited)} answers, all 202")
            print(f"  median {shown[0]:.2f} ms, 99 % within {shown[1]:.2f}, 99.9 % {shown[2]:.2f}")
            print(f"  caught up {caught_up:.1f} s after it was back")
            check(server, sent, 0)


def backlog(events: int) -> None:
    posts = requests(PER_POST)
    with scratch() as directory:
        footfall(directory, "site", "add", SITE)
        answers = late = 0
        with serving(directory, store=NOWHERE) as server:
            while answers * PER_POST < events:
                done = drive(server.port, posts, 5 if events > 100_000 else 1, directory)
                answers, late = answers + done.answered, late + 1
            if done.other:
                raise SystemExit(f"{done.other} answers were not 202")
            size = int(counted(server).get("spool_bytes", 0))
        sent = answers * PER_POST
        with serving(directory) as server:
            cpu = server.cpu_seconds()
            took = await_empty(server)
            cpu = server.cpu_seconds() - cpu
            print(f"  backlog of {sent:,} events ({size / sent:.0f} bytes each in the spool)")
            print(f"  drained in {took:.1f} s: {sent / took:,.0f} events/s, {cpu / sent * 1e6:.1f} CPU us/event")
            # wrk hangs up at the end of each turn without reading the answers under way.
            check(server, sent, late * 64 * PER_POST)


def check(server: Running, sent: int, unread: int) -> None:
    fetch(server.url + "/healthz")
    told = accounted(counted(server))
    if not sent <= told <= sent + unread:
        raise SystemExit(f"{sent} events were answered with 202, and {told} are accounted for")
    print(f"  {sent} answered with 202, {told} accounted for")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long the store is away (at most 600)")
    parser.add_argument("--rate", type=int, default=500, help="events a second meanwhile (at most 5,000)")
    parser.add_argument("--backlog", type=int, default=1_800_000, help="events (at most 20,000,000)")
    parser.add_argument("--smoke", action="store_true", help="seconds of each; does it work at all")
    asked = parser.parse_args()
    seconds, rate, events = asked.seconds, asked.rate, asked.backlog
    if asked.smoke:
        seconds, rate, events = 2, 50, 2000
    print(machine())
    absence(min(rate, 5000), min(seconds, 600))
    backlog(min(events, 20_000_000))


if __name__ == "__main__":
    main()
