"""Remembered: which orders go into the book of what was erased, and how long anything stays there.

In: the registry's ended orders, DATA, for how many days backups are kept. Out: the book (collector/drain/erased.py),
which `footfall restore` reads (again.py). Noting twice is harmless: whoever starts brings the book up to date.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from collector.drain.erased import FILE, ErasedBook, Ordered
from registry.orders import OrderKind
from registry.registry import Registry

KINDS: tuple[OrderKind, ...] = ("remove_site", "erase_days", "thin_site", "rescrub")
"""Orders that delete, or rewrite what should not have been kept."""
REPEATED: tuple[OrderKind, ...] = (*KINDS, "erase_pages")
"""The same, and one that brings itself into the book, because its arguments are gone when it has ended."""


def book_in(data: Path) -> ErasedBook:
    return ErasedBook(data / FILE)


def note_orders(registry: Registry, data: Path, days: int) -> None:
    """Bring the orders that were done within some days into the book; those that stand there count once."""
    book, first = book_in(data), registry.now() - timedelta(days=days)
    known = {entry.key() for entry in book.entries()}
    done = [
        Ordered(int(order.ended_at.timestamp()), kind, order.args)
        for kind in KINDS
        for order in registry.orders.ended(kind)
        if order.ended_at and order.ended_at >= first
    ]
    book.note([entry for entry in done if entry.key() not in known])


def forget_old(data: Path, days: int, now: datetime | None = None) -> None:
    """Forget what no backup can hold any more."""
    moment = now or datetime.now(UTC)
    book_in(data).forget_before(int(moment.timestamp()) - days * 86_400)
