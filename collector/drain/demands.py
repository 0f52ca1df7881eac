"""Demands: what visitors want done with their own events, from the spool until it is proved.

In: the demands that the drain meets in the spool. Out: whether an event is one of those to be dropped, and the list of
what is still to be done in the store. A demand is written down (`DemandBook`: one small file for each spool directory)
before the batch that told of it is settled, and crossed out when nothing is left of what it was about: no crash loses
one. With it stand the visits that have to be derived again and the days that changed, before the first row goes.
Invariant: a visitor's number is here, in the spool and in the book for backups (erased.py), nowhere else on the disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from clickhouse.amend import Act, Ask, Found
from collector.drain.batch import received_ms
from collector.spool.disk import replace_durably
from collector.spool.errors import SpoolFault
from collector.spool.record import KeptDemand, KeptEvent

BOOK = "demands.note"
ACTS: tuple[Act, ...] = ("blank_dsr", "unknown_country", "restrict", "wish_unused", "wish_erased", "erase")
"""In this order: what is erased anyway needs no change before, but a change must not come after. A wish is noted on
rows that a hold keeps before others are erased: one that comes back meanwhile is found there."""
ACTS_OF: Mapping[str, tuple[Act, ...]] = {
    "blank_dsr": ("blank_dsr",),
    "unknown_country": ("unknown_country",),
    "restrict": ("restrict", "wish_unused"),
    "erase_later": ("restrict", "wish_erased"),
    "erase": ("wish_erased", "erase"),
}
"""What a demand is in the store's words. `erase_later`: a hold applies, it is erased when that ends."""


class Page(msgspec.Struct):
    """What stands in a book."""

    demands: list[KeptDemand] = []
    visits: list[tuple[int, int]] = []
    """(site, visit) that lost rows and are to be derived again."""
    spans: dict[int, tuple[int, int]] = {}
    """Site -> first and last moment of what changed."""


class DemandBook:
    """Where the demands of one spool directory are written down. Raises SpoolFault when the file is damaged."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / BOOK
        self.page = self._read()

    def note(self, demands: Iterable[KeptDemand]) -> None:
        """Write demands down, each once, durably."""
        known = {demand.ref for demand in self.page.demands}
        new = [demand for demand in demands if demand.ref not in known]
        if new:
            self.page.demands += new
            self._write()

    def note_found(self, found: Found) -> None:
        """Write down, before anything is changed, what has to follow from it."""
        told = Found({*self.page.visits}, dict(self.page.spans))
        for site_id, (first, last) in found.spans.items():
            told.add(site_id, (), first, last)
        visits = sorted(told.visits | found.visits)
        if (visits, told.spans) != (self.page.visits, self.page.spans):
            self.page.visits, self.page.spans = visits, told.spans
            self._write()

    def cross_out(self, refs: Collection[bytes]) -> None:
        """Forget what is proved."""
        if not self.page.demands and not self.page.visits and not self.page.spans:
            return
        self.page = Page([demand for demand in self.page.demands if demand.ref not in refs])
        if self.page.demands:
            self._write()
        else:
            self._path.unlink(missing_ok=True)

    def leave(self, site_id: int) -> None:
        """Forget everything about a site that is being removed."""
        page = self.page
        self.page = Page(
            [demand for demand in page.demands if demand.site_id != site_id],
            [visit for visit in page.visits if visit[0] != site_id],
            {site: span for site, span in page.spans.items() if site != site_id},
        )
        if not self.page.demands:
            self.cross_out(())
        elif self.page != page:
            self._write()

    def _write(self) -> None:
        replace_durably(self._path, msgspec.msgpack.encode(self.page))

    def _read(self) -> Page:
        try:
            return msgspec.msgpack.decode(self._path.read_bytes(), type=Page)
        except FileNotFoundError:
            return Page()
        except msgspec.MsgspecError:
            raise SpoolFault(f"{self._path} is damaged: what visitors demanded of their own data is in it") from None


class Standing:
    """The demands to erase that an event may still come too late for. Asked for every event while there are any."""

    def __init__(self) -> None:
        self._until: dict[tuple[int, int, bool], int] = {}

    def __bool__(self) -> bool:
        return bool(self._until)

    def add(self, demand: KeptDemand) -> None:
        if demand.act == "erase":
            key = demand.site_id, demand.number, demand.whose == "dsr"
            self._until[key] = max(demand.until_ms, self._until.get(key, 0))

    def remove(self, demands: Iterable[KeptDemand]) -> None:
        """Forget what no event can come too late for any more; a later demand of the same visitor stays."""
        for demand in demands:
            key = demand.site_id, demand.number, demand.whose == "dsr"
            if self._until.get(key, demand.until_ms + 1) <= demand.until_ms:
                del self._until[key]

    def is_erased(self, kept: KeptEvent) -> bool:
        """Say whether this event was received before its visitor had everything erased."""
        event = kept.event
        until = max(
            self._until.get((event.site_id, event.visitor_id, False), -1) if event.visitor_id else -1,
            self._until.get((event.site_id, event.dsr_id, True), -1) if event.dsr_id else -1,
        )
        return until >= 0 and received_ms(kept) <= until


def asks_of(demands: Iterable[KeptDemand], act: Act) -> list[Ask]:
    """Say it in the store's words."""
    return [
        Ask(demand.site_id, demand.number, demand.whose == "dsr", demand.until_ms)
        for demand in demands
        if act in ACTS_OF.get(demand.act, ())
    ]
