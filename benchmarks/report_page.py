"""How long the report page takes, and how many bytes it sends: HTML over HTTP, from a filled embedded store.

One big site among small ones (generate.py); 30 days and 12 months, without and with one filter. Two requests to warm
up, then the median of eleven, one after another. A demo without made-up traffic serves them: its dashboard is open to
this machine. See README.md.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from pathlib import Path
from urllib.parse import urljoin

from generate import BIG, generate
from running import Running, demonstrating, fetch, machine, scratch

PERIODS = {"30 days": "period=30d", "12 months": "period=12mo"}
FILTERS = {"no filter": "", "one filter": "&f=is:country:DE"}
WARM_UPS, TIMES = 2, 11
GZIP = {"Accept-Encoding": "gzip"}


def milliseconds(url: str) -> float:
    began = time.perf_counter()
    fetch(url, GZIP)
    return (time.perf_counter() - began) * 1000


def tell_times(server: Running, report: str, times: int) -> None:
    for period, query in PERIODS.items():
        for filtered, also in FILTERS.items():
            url = f"{report}?{query}{also}"
            first = milliseconds(url)
            for _ in range(WARM_UPS):
                fetch(url, GZIP)
            before = server.cpu_seconds()
            took = sorted(milliseconds(url) for _ in range(times))
            work, middle = 1000 * (server.cpu_seconds() - before) / times, statistics.median(took)
            also_told = f"first {first:.0f}, fastest {took[0]:.0f}, slowest {took[-1]:.0f}; CPU {work:.0f} ms a page"
            print(f"  {period}, {filtered}: median {middle:.0f} ms ({also_told})")


def tell_bytes(report: str) -> None:
    """The page and what its head and body name: what a first visit loads."""
    html = fetch(report).decode()
    named = re.findall(r'<(?:link|script|img|use)[^>]*?(?:href|src)="([^"#]+)', html)
    files = sorted({urljoin(report, name) for name in named if re.search(r"\.(css|js|svg|woff2|png)(\?|$)", name)})
    sent = {file: len(fetch(file, GZIP)) for file in files}
    page = len(fetch(report, GZIP))
    print(f"  over the wire, 30 days: HTML {page:,} bytes (uncompressed {len(html.encode()):,})")
    for file, size in sent.items():
        print(f"    {file.rpartition('/')[2]}: {size:,} bytes")
    print(f"  together {page + sum(sent.values()):,} bytes in {1 + len(sent)} requests")


def fill(directory: Path, events: int, big: int) -> None:
    began = time.perf_counter()
    rows = generate(directory, events, big)
    per_event = rows["bytes"] / rows["events"]
    print(f"  filled in {time.perf_counter() - began:.0f} s: {rows}, {per_event:.1f} bytes an event on disk")


def measure(directory: Path, times: int) -> None:
    with demonstrating(directory) as server:
        report = f"{server.url}/sites/{BIG}"
        if b"Signup" not in fetch(f"{report}?period=12mo"):
            raise SystemExit("the report does not show what was generated")
        tell_times(server, report, times)
        tell_bytes(report)
        own, files = server.memory_mb()
        print(f"  RSS afterwards: {own:.0f} MB own + {files:.0f} MB of files")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="in all; at most 100 million (5 GB of disk)")
    parser.add_argument(
        "--big", type=int, default=0, help="of these, for the site that is measured; a fifth unless given"
    )
    parser.add_argument("--filled", type=Path, help="a directory that generate.py has filled, instead of a new one")
    parser.add_argument(
        "--smoke", action="store_true", help="ten thousand events, one request each; does it work at all"
    )
    asked = parser.parse_args()
    events = 10_000 if asked.smoke else min(asked.events, 100_000_000)
    print(machine())
    times = 1 if asked.smoke else TIMES
    if asked.filled:
        measure(asked.filled, times)
        return
    with scratch() as directory:
        fill(directory, events, asked.big or events // 5)
        measure(directory, times)


if __name__ == "__main__":
    main()
