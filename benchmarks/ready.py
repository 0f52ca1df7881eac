"""How long from starting the process until it answers: `serve` on fresh and on used data, and `demo`. See README.md."""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from running import demonstrating, machine, scratch, serving


def serve_seconds(directory: Path) -> float:
    began = time.perf_counter()
    with serving(directory):
        return time.perf_counter() - began


def demo_seconds(events: int) -> float:
    with scratch() as directory:
        began = time.perf_counter()
        with demonstrating(directory, "--events", str(events)):
            return time.perf_counter() - began


def tell(what: str, seconds: list[float]) -> None:
    shown = " ".join(f"{value:.2f}" for value in seconds)
    print(f"  {what}: median {statistics.median(seconds):.2f} s ({shown})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="at most 20")
    parser.add_argument("--smoke", action="store_true", help="one run, a small demo; does it work at all")
    asked = parser.parse_args()
    runs = 1 if asked.smoke else max(1, min(asked.runs, 20))
    print(machine())
    fresh, used = [], []
    for _ in range(runs):
        with scratch() as directory:
            fresh.append(serve_seconds(directory))
            used.append(serve_seconds(directory))
    tell("serve, first start", fresh)
    tell("serve, second start", used)
    for events in (2_000,) if asked.smoke else (2_000, 200_000):
        tell(f"demo, {events:,} events", [demo_seconds(events) for _ in range(1 if events > 2_000 else runs)])


if __name__ == "__main__":
    main()
