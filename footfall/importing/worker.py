"""Worker: walks a log to the bench. A line becomes an Entry, a page view an Arrival, an Arrival an Event.

In: lines and signs (lines.py). Out: events and counted refusals in the site's import spool, bookmarks beside them,
and a Summary. The bridge is the one that page views cross; the salts are those of `PastSalts`: today's is
everybody's, a day that is over has one that ends with this import, or at the next midnight.
Invariant: nothing of a line outlives its turn in the loop but what the bridge lets through.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date

import msgspec

from clickhouse.rows import PAGEVIEW, Refusal, RefusalCount
from collector.arrival import Arrival, Signals
from collector.dialects.hygiene import clean
from collector.dialects.plausible import MAX_URL
from collector.distill import Tools, distill
from collector.distill.visitor import Salt, local_day
from collector.sender import MAX_AGENT
from collector.serverside.past import PastSalts
from collector.spool.record import encode_event, encode_refusals
from collector.tally import day_number
from footfall.importing.bench import BYTES, RECORDS, Bench
from footfall.importing.bookmarks import Bookmark, moved
from footfall.importing.entry import Entry
from footfall.importing.formats import Read
from footfall.importing.lines import Sign
from footfall.importing.pages import kind_of
from footfall.importing.sieve import Sieve, Sifted
from footfall.importing.summary import Summary
from registry.errors import WrongState
from registry.site import Site

TRIED_LINES = 200
"""If none of so many is readable, it is no access log."""
UNKNOWN = (
    "this is no access log of the format asked for; known are common, combined, Caddy's and nginx's JSON (--format)"
)


class NotALog(Exception):
    """What was given is no access log of a known format."""


class Worker:
    """Imports one log. `site` tells the site as it is at the moment; `shared` gives today's salt, if it can be had."""

    def __init__(
        self,
        *,
        site: Callable[[], Site | None],
        tools: Tools,
        shared: Salt | None,
        bench: Bench,
        read: Read,
        name: str = "",
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self.summary = Summary()
        self._find_site = site
        self._plain_tools = tools
        self._shared = shared
        self._bench = bench
        self._read = read
        self._name = name
        self._clock = now_ms
        self._day: date | None = None
        self._records: list[bytes] = []
        self._bytes = 0
        self._counts: Counter[tuple[int, str, str]] = Counter()
        self._look_up()
        self._open_log()

    def run(self, lines: Iterable[bytes | Sign]) -> Iterator[int]:
        """Import until the lines end; yields the number of lines so far, now and then, for whoever shows progress.

        Raises NotALog, WithinAnother, WrongState, and what the bench raises.
        """
        for line in lines:
            if isinstance(line, bytes):
                self._take_line(line)
                if len(self._records) >= RECORDS or self._bytes >= BYTES:
                    self._put_down()
                    yield self.summary.lines
                continue
            self._take_all(self._sieve.pause())
            self._put_down()
            self._bench.rest()
            if line is Sign.NEXT_FILE:
                self._open_log()
            yield self.summary.lines
        self._take_all(self._sieve.end())
        if self.summary.lines and self.summary.lines == self.summary.unreadable:
            raise NotALog(UNKNOWN)
        self._put_down()
        yield self.summary.lines

    def _open_log(self) -> None:
        mine = [mark for mark in self._bench.marks if mark.name == self._name]
        self._sieve = Sieve(mine, self._bench.key, self._name)
        self._noted: Bookmark | None = None

    def _take_line(self, line: bytes) -> None:
        summary = self.summary
        summary.lines += 1
        entry = self._read(line)
        if entry is not None:
            self._take_all(self._sieve.put(entry))
            return
        summary.unreadable += 1
        if summary.lines == summary.unreadable == TRIED_LINES:
            raise NotALog(UNKNOWN)

    def _take_all(self, sifted: Iterable[Sifted]) -> None:
        for entry, is_new in sifted:
            if is_new:
                self._take(entry)
            else:
                self.summary.before += 1

    def _take(self, entry: Entry) -> None:
        now_ms = self._now_ms
        kind = kind_of(entry, self._site, now_ms)
        if kind:
            self.summary.skipped[kind] += 1
            return
        outcome = distill(arrival_of(entry, self._site), self._site, self._tools, now_ms)
        if isinstance(outcome, Refusal):
            self.summary.refused[outcome.reason] += 1
            self._counts[day_number(entry.at_ms, self._site.timezone), outcome.reason, outcome.rule] += 1
            return
        self.summary.kept += 1
        record = encode_event(outcome)
        self._records.append(record)
        self._bytes += len(record)

    def _put_down(self) -> None:
        """Put on the bench what has been collected, with the bookmarks of now; then look what time it is."""
        counts = [
            RefusalCount(self._site.id, day, reason, count, rule) for (day, reason, rule), count in self._counts.items()
        ]
        records = [*self._records, *([encode_refusals(counts)] if counts else [])]
        self._expect_site()  # a site that is being removed must get nothing more
        now = self._sieve.bookmark()
        marks = moved(self._bench.marks, self._noted or self._sieve.known, now, self._sieve.absorbed)
        if marks is not self._bench.marks:
            self._noted = now
        self._bench.keep(records, marks)
        self._records, self._bytes, self._counts = [], 0, Counter()
        self._look_up()

    def _look_up(self) -> None:
        """Look at the clock and at the site: its settings may have changed, and it may be gone."""
        site = self._expect_site()
        self._now_ms = self._clock()
        today = local_day(self._now_ms, site.timezone)
        if today != self._day:
            self._day = today
            self._tools = msgspec.structs.replace(self._plain_tools, salt=PastSalts(today, self._shared))
        self._site = site

    def _expect_site(self) -> Site:
        site = self._find_site()
        if site is None or site.state != "active":
            raise WrongState("this site is frozen or being removed: nothing more is counted for it")
        return site


def arrival_of(entry: Entry, site: Site) -> Arrival:
    """Say what an entry says, as a page view of the site."""
    target = clean(entry.target)
    url = target if "://" in target.partition("?")[0] else f"https://{entry.host or site.host}{target}"
    return Arrival(
        name=PAGEVIEW,
        url=url[:MAX_URL],
        site=site.host,
        referrer=clean(entry.referrer[:MAX_URL]),
        address=entry.address,
        agent=(entry.agent or "")[:MAX_AGENT],
        transport="server",
        signals=Signals(gpc=entry.gpc, dnt=entry.dnt, prefetch=entry.is_prefetch),
        language=entry.language,
        happened_ms=entry.at_ms,
    )
