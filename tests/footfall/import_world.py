"""Access logs in four formats, and a worker on a bench of its own: an import in one line.

Not a test. `lines(...)` writes page views as a server would; `World` imports them without a store; what is kept is read
back from the spool as the drain would.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from clickhouse.rows import Event, RefusalCount
from collector.distill import Tools, open_tools
from collector.spool.reader import Reader
from collector.spool.record import KeptEvent, KeptRefusals, decode
from footfall.importing.bench import open_bench, spool_of
from footfall.importing.formats import Format, reader_of
from footfall.importing.lines import LogFile, Sign
from footfall.importing.summary import Summary
from footfall.importing.worker import Worker
from registry.site import Site

NOON = 1_763_812_800
"""2025-11-22T12:00:00Z, in seconds."""
NOW_MS = (NOON + 2 * 3600) * 1000
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
SITE = Site(id=1, host="example.com")


@lru_cache(1)
def tools() -> Tools:
    return open_tools(lambda _site, _day: b"salt" * 8)


def line(
    at: float,
    path: str = "/",
    *,
    form: Format = "combined",
    visitor: int = 1,
    method: str = "GET",
    status: int = 200,
    size: int = 512,
    referrer: str = "-",
    agent: str | None = None,
) -> str:
    """One line of a log, `at` so many seconds after noon."""
    moment = datetime.fromtimestamp(NOON + int(at), UTC)
    clock = moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
    address, browser = f"203.0.113.{visitor}", BROWSER.format(100 + visitor) if agent is None else agent
    common = f'{address} - - [{clock}] "{method} {path} HTTP/1.1" {status} {size}'
    if form == "common":
        return common
    if form == "caddy":
        headers = {"User-Agent": [browser]} | ({"Referer": [referrer]} if referrer != "-" else {})
        request = {"remote_ip": address, "client_ip": address, "method": method, "host": "example.com", "uri": path}
        told = {"level": "info", "ts": NOON + at, "request": request | {"headers": headers}, "status": status}
        return json.dumps(told | {"size": size, "resp_headers": {}})
    if form == "nginx-json":
        told = {"time_iso8601": moment.isoformat(), "remote_addr": address, "request": f"{method} {path} HTTP/1.1"}
        more = {
            "status": str(status),
            "body_bytes_sent": str(size),
            "http_referer": referrer,
            "http_user_agent": browser,
        }
        return json.dumps(told | more)
    return f'{common} "{referrer}" "{browser}"'


def lines(first: int, after: int, *, apart: int = 7, form: Format = "combined") -> list[str]:
    """Page views `first` to `after` of an endless log: always the same line for the same number."""
    return [
        line(apart * n, f"/page/{n}", form=form, visitor=1 + n % 50, size=100 + n * 37 % 9000)
        for n in range(first, after)
    ]


def write(path: Path, some: Iterable[str]) -> Path:
    path.write_text("".join(f"{one}\n" for one in some))
    return path


class World:
    """A data directory in which imports are done; nothing stores them."""

    def __init__(self, data: Path, site: Site = SITE) -> None:
        self.data = data
        self.site = site
        self.now_ms = NOW_MS

    def run(self, log: Path | Iterable[bytes | Sign | str], form: Format = "auto", name: str = "") -> Summary:
        """Import a log, to its end."""
        if isinstance(log, Path):
            with closing(LogFile(log)) as file:
                return self.run([*file.lines()], form, name)
        source = [one.encode() if isinstance(one, str) else one for one in log]
        with open_bench(self.data, self.site.id) as bench:
            worker = Worker(
                site=lambda: self.site,
                tools=tools(),
                shared=tools().salt,
                bench=bench,
                read=reader_of(form),
                name=name,
                now_ms=lambda: self.now_ms,
            )
            for _ in worker.run(source):
                pass
            bench.settle()
        return worker.summary

    def kept(self) -> list[Event]:
        return events_in(spool_of(self.data, self.site.id))

    def paths(self) -> list[str]:
        return [event.path for event in self.kept()]

    def refused(self) -> list[RefusalCount]:
        return refusals_in(spool_of(self.data, self.site.id))


def events_in(directory: Path) -> list[Event]:
    """All events of a spool."""
    return [kept.event for kept in _records(directory) if isinstance(kept, KeptEvent)]


def refusals_in(directory: Path) -> list[RefusalCount]:
    return [count for kept in _records(directory) if not isinstance(kept, KeptEvent) for count in kept.counts]


def _records(directory: Path) -> Sequence[KeptEvent | KeptRefusals]:
    reader = Reader(directory)
    found: list[KeptEvent | KeptRefusals] = []
    while reader.peek() is not None:
        found += [decode(record) for record in reader.take().records()]
    reader.close()
    return found
