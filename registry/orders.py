"""Orders: small pieces of work that the command line or the dashboard leaves for the process that holds the store.

In: a kind and its arguments. Out: the same order, later, with its result. An order waits until it is done or failed,
and survives a crash: whoever executes it must be able to do it twice. Nobody executes here (footfall/orders.py does),
and no argument names a person or a host: what an order leaves behind may stay for good. A pattern of pages might, so
it goes when its order ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Row, Update

from registry import tables
from registry.database import Database, insert_row
from registry.errors import NotThere

OrderKind = Literal[
    "remove_site",
    "forget_salt",
    "rescrub",
    "export_site",
    "load_site",
    "hold",
    "release_hold",
    "thin_site",
    "backup",
    "erase_days",
    "erase_pages",
    "end_backup",
    "repair",
    "rewind",
    "audit",
    "sweep",
]
FORGOTTEN = frozenset(("pattern",))
"""Arguments that go when their order ends."""
OrderState = Literal["waiting", "done", "failed"]


class Order(msgspec.Struct, frozen=True):
    """A piece of work: `result` is what it returned when done, `{"error": sentence}` when it failed."""

    id: int
    kind: OrderKind
    args: dict[str, Any]
    state: OrderState
    result: dict[str, Any]
    filed_by: str
    filed_at: datetime
    ended_at: datetime | None


class Orders:
    """The facet of orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def file(self, kind: OrderKind, args: Mapping[str, Any], by: str) -> Order:
        """Leave an order; the same order still waiting is returned instead of a second one."""
        for order in self.waiting():
            if (order.kind, order.args) == (kind, args):
                return order
        with self._database.write() as connection:
            number = insert_row(connection, tables.orders, new_order(kind, args, by, self._database.now()))
        return self.get(number)

    def get(self, number: int) -> Order:
        """Return an order by its number, or raise `NotThere`."""
        with self._database.read() as connection:
            row = connection.execute(tables.orders.select().where(tables.orders.c.id == number)).first()
        if row is None:
            raise NotThere(f"there is no order {number}")
        return _order(row)

    def waiting(self) -> list[Order]:
        """Return what is to be done, oldest first."""
        todo = tables.orders.select().where(tables.orders.c.state == "waiting").order_by(tables.orders.c.id)
        with self._database.read() as connection:
            return [_order(row) for row in connection.execute(todo)]

    def removed_sites(self) -> set[int]:
        """Return the numbers of sites that were removed for good; a number is never given twice."""
        return {order.args["site_id"] for order in self.removals()}

    def removals(self) -> Sequence[Order]:
        """Return the removals that were done, with their certificates, oldest first."""
        return self.ended("remove_site")

    def ended(self, kind: OrderKind) -> Sequence[Order]:
        """Return what was done of a kind, oldest first."""
        ended = tables.orders.c
        done = tables.orders.select().where((ended.kind == kind) & (ended.state == "done"))
        with self._database.read() as connection:
            return [_order(row) for row in connection.execute(done.order_by(ended.id))]

    def finish(self, number: int, result: Mapping[str, Any]) -> None:
        """Mark an order as done."""
        self._end(number, "done", result)

    def fail(self, number: int, sentence: str) -> None:
        """Mark an order as failed, with the reason in one sentence."""
        self._end(number, "failed", {"error": sentence})

    def _end(self, number: int, state: OrderState, result: Mapping[str, Any]) -> None:
        known = {name: value for name, value in self.get(number).args.items() if name not in FORGOTTEN}
        with self._database.write() as connection:
            connection.execute(ending(number, state, result, self._database.now()).values(args=known))


def new_order(kind: OrderKind, args: Mapping[str, Any], by: str, now: datetime) -> dict[str, object]:
    """Return the row of a new order, for use within another facet's transaction."""
    return {"kind": kind, "args": dict(args), "state": "waiting", "result": {}, "filed_by": by, "filed_at": now}


def ending(number: int, state: OrderState, result: Mapping[str, Any], now: datetime) -> Update:
    """Return the statement that ends an order, for use within another facet's transaction."""
    mine = tables.orders.update().where(tables.orders.c.id == number)
    return mine.values(state=state, result=dict(result), ended_at=now)


def _order(row: Row[Any]) -> Order:
    return Order(row.id, row.kind, row.args, row.state, row.result, row.filed_by, row.filed_at, row.ended_at)
