"""How much memory a process takes: the product with 200,000 events, the collector without a dashboard, and a hand.

The whole: `footfall demo` as it stands after start, and after its report was viewed fifty times with different filters.
The collector: `footfall serve --only collector` after a load whose events were all stored. With the embedded store the
engine lives in that process too; `--store` names a ClickHouse server, and then it does not. A hand: one of the
processes that receive for `footfall serve --workers 2`, before and after the same load. See README.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ingest import accounted, await_stored, counted
from load import CONNECTIONS, SITE, drive, requests
from running import Running, demonstrating, fetch, footfall, machine, scratch, serving

VIEWS = 50
DEMO_SITE = "demo.example"
PERIODS = ("30d", "7d", "12mo", "91d", "day")
FILTERS = ("", "&f=is:country:DE", "&f=is:page:/pricing", "&f=is:device:Mobile", "&f=is:source:Google")


def tell(what: str, server: Running, pid: int = 0) -> None:
    own, files = server.memory_mb(pid)
    print(f"  {what}: RSS {own + files:.0f} MB ({own:.0f} its own, {files:.0f} mapped files)")


def whole_product(directory: Path, events: int, views: int) -> None:
    with demonstrating(directory, "--events", "1") as server:
        tell("whole product, started without events", server)
    with scratch() as another:
        with demonstrating(another, "--events", str(events)) as server:
            tell(f"whole product, just filled with {events:,} events", server)
        with demonstrating(another) as server:
            tell(f"whole product, started with {events:,} events", server)
            for number in range(views):
                period = PERIODS[number % len(PERIODS)]
                fetch(f"{server.url}/sites/{DEMO_SITE}?period={period}{FILTERS[number // len(PERIODS) % len(FILTERS)]}")
            tell(f"whole product, after {views} report pages", server)


def collector_alone(directory: Path, seconds: float, store: str) -> None:
    footfall(directory, "site", "add", SITE)
    with serving(directory, "--only", "collector", store=store) as server:
        where = "server store" if store else "embedded store in the process"
        tell(f"collector alone ({where}), started", server)
        drive(server.port, requests(1), seconds, directory, CONNECTIONS)
        kept = await_stored(server)["events_kept_total"]
        tell(f"collector alone ({where}), {kept:,} events later", server)
        if not kept or counted(server).get("events_refused_total"):
            raise SystemExit("a load that is refused is not measured")


def hands(directory: Path, seconds: float) -> None:
    footfall(directory, "site", "add", SITE)
    with serving(directory, "--workers", "2") as server:
        for pid in server.hands():
            tell("a hand, started", server, pid)
        drive(server.port, requests(1), seconds, directory, CONNECTIONS)
        received = accounted(await_stored(server))
        for pid in server.hands():
            tell(f"a hand, {received:,} events later", server, pid)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="at most 5 million")
    parser.add_argument("--seconds", type=float, default=20, help="of load on the collector, at most 120")
    parser.add_argument("--store", default="", help="DSN of a ClickHouse server for the collector, as FOOTFALL_STORE")
    parser.add_argument("--smoke", action="store_true", help="little of everything; does it work at all")
    asked = parser.parse_args()
    events, seconds, views = (
        (1_000, 1.0, 3) if asked.smoke else (min(asked.events, 5_000_000), min(asked.seconds, 120), VIEWS)
    )
    print(machine())
    with scratch() as directory:
        whole_product(directory, events, views)
    with scratch() as directory:
        collector_alone(directory, seconds, asked.store)
    with scratch() as directory:
        hands(directory, seconds)


if __name__ == "__main__":
    main()
