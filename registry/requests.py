"""Requests: what a visitor asked a person for, with the day by which it has to be answered.

In: a kind, words, an address to reply to, a receipt. Out: `Request` values, oldest due first. Due one calendar month
after it came (GDPR 12(3)); two more with a reason. Reminders when 50 and 80 per cent of the time are over, each told
once. A request made on the operator's host about a site here is put into that site's queue at once, and says so; one
about a host that nobody knows stays with the operator, who has 24 hours to hand it on. Message and address are blanked
when a request is closed; three years later its row goes. No log line quotes either.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import Row

from registry.database import Database, count_rows, insert_row
from registry.errors import NotAllowed, NotThere, WrongState
from registry.sites import find_site
from registry.tables_rights import requests

Kind = Literal["access", "rectification", "erasure", "restriction", "portability", "objection", "complaint"]
Channel = Literal["page", "operator"]
Outcome = Literal["done", "refused", "withdrawn"]

MONTHS = 1
MORE_MONTHS = 2
FORWARD = timedelta(hours=24)
KEPT = timedelta(days=3 * 365)
STEPS = (50, 80)
"""Per cent of the time: when somebody is reminded."""
MAX_MESSAGE, MAX_REPLY_TO, MAX_REASON = 2_000, 200, 500
MOST_OPEN = 1_000
"""Open requests of a site: the page is open to everybody, the disk is not."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `site_id` None: the operator has it."""

    id: int
    ref: str
    site_id: int | None
    host: str
    kind: Kind
    channel: Channel
    received_at: datetime
    due_at: datetime
    extended_to: datetime | None
    reason: str
    forward_by: datetime | None
    forwarded_at: datetime | None
    status: Literal["open", "closed"]
    handled_by: str
    closed_at: datetime | None
    outcome: Outcome | Literal[""]
    receipt_sha256: str
    message: str
    reply_to: str
    reminded: int

    @property
    def answer_by(self) -> datetime:
        """When it has to be answered, as things are."""
        return self.extended_to or self.due_at

    def is_overdue(self, now: datetime) -> bool:
        late = self.forward_by is not None and self.forwarded_at is None and self.forward_by <= now
        return self.status == "open" and (late or self.answer_by <= now)

    def used(self, now: datetime) -> int:
        """Return how many per cent of the time are over."""
        whole = self.answer_by - self.received_at
        return max(0, int(100 * ((now - self.received_at) / whole)))


class Requests:
    """The facet of requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, ref: str, site_id: int | None, host: str, kind: str, message: str, reply_to: str,
        *, receipt_sha256: str, channel: Channel = "page", at: datetime | None = None,
    ) -> Request:  # fmt: skip
        """Put a request into the queue; raise `NotAllowed` for a kind that is none, or when the queue is full."""
        if kind not in get_args(Kind):
            raise NotAllowed(f"a request is one of {', '.join(get_args(Kind))}")
        now = at or self._database.now()
        row = {
            "ref": ref,
            "site_id": site_id,
            "host": host,
            "kind": kind,
            "channel": channel,
            "received_at": now,
            "due_at": months_after(now, MONTHS),
            "reason": "",
            "forward_by": now + FORWARD if channel == "operator" else None,
            "forwarded_at": now if channel == "operator" and site_id is not None else None,
            "status": "open",
            "handled_by": "",
            "outcome": "",
            "receipt_sha256": receipt_sha256,
            "message": message[:MAX_MESSAGE],
            "reply_to": reply_to[:MAX_REPLY_TO],
            "reminded": 0,
        }
        with self._database.write() as connection:
            if count_rows(connection, requests, _is_open(site_id)) >= MOST_OPEN:
                raise NotAllowed("too many requests are open: write to the site itself")
            number = insert_row(connection, requests, row)
        return self.get(number)

    def get(self, number: int) -> Request:
        with self._database.read() as connection:
            row = connection.execute(requests.select().where(requests.c.id == number)).first()
        if row is None:
            raise NotThere(f"there is no request {number}; `footfall request list` shows all")
        return _request(row)

    def list(self, site_id: int | None = None, *, closed: bool = False) -> Sequence[Request]:
        """Return requests, the one that is due first first; of one site (0: the operator's own), or of all."""
        wanted = requests.select().where(requests.c.status == ("closed" if closed else "open"))
        if site_id is not None:
            wanted = wanted.where(requests.c.site_id == site_id if site_id else requests.c.site_id.is_(None))
        with self._database.read() as connection:
            found = [_request(row) for row in connection.execute(wanted)]
        return sorted(found, key=lambda request: (request.answer_by, request.id))

    def overdue(self) -> Sequence[Request]:
        """Return what should have been answered, or handed on, by now."""
        now = self._database.now()
        return [request for request in self.list() if request.is_overdue(now)]

    def extend(self, number: int, reason: str, *, by: str) -> Request:
        """Take two more months, once, with a reason that the visitor is told; only before the first month is over."""
        request, now = self._open(number), self._database.now()
        told = " ".join(reason.split())
        if not told or len(told) > MAX_REASON:
            raise NotAllowed(f"say why it takes longer, in at most {MAX_REASON} characters: the visitor is told")
        if request.extended_to:
            raise WrongState(f"request {number} was extended before; it has to be answered by {request.answer_by:%F}")
        if request.due_at <= now:
            raise WrongState(f"request {number} was due on {request.due_at:%F}: it is too late to extend it")
        until = months_after(request.received_at, MONTHS + MORE_MONTHS)
        return self._change(number, extended_to=until, reason=told, handled_by=by, reminded=0)

    def forward(self, number: int, host: str, *, by: str) -> Request:
        """Hand a request of the operator's queue to the site it is about."""
        request = self._open(number)
        if request.site_id is not None:
            raise WrongState(f"request {number} is with {request.host} already")
        with self._database.read() as connection:
            site = find_site(connection, host)
        now = self._database.now()
        return self._change(number, site_id=site.id, host=site.host, forwarded_at=now, handled_by=by)

    def close(self, number: int, outcome: str, *, by: str) -> Request:
        """Close a request; what the visitor wrote, and where to, is blanked with that."""
        self._open(number)
        if outcome not in get_args(Outcome):
            raise NotAllowed(f"an outcome is one of {', '.join(get_args(Outcome))}")
        now = self._database.now()
        closed = self._change(
            number, status="closed", closed_at=now, outcome=outcome, handled_by=by, message="", reply_to=""
        )
        self._database.forget()
        return closed

    def remind(self) -> Sequence[Request]:
        """Return those of which half, or four fifths, of the time are over, each once for each; note that."""
        now, told = self._database.now(), []
        for request in self.list():
            step = max((step for step in STEPS if step <= request.used(now)), default=0)
            if step > request.reminded:
                told.append(self._change(request.id, reminded=step))
        return told

    def drop_old(self) -> int:
        """Forget requests that were closed three years ago; return how many."""
        late = (requests.c.status == "closed") & (requests.c.closed_at < self._database.now() - KEPT)
        with self._database.write(forgets=True) as connection:
            return connection.execute(requests.delete().where(late)).rowcount

    def _open(self, number: int) -> Request:
        request = self.get(number)
        if request.status != "open":
            raise WrongState(f"request {number} was closed on {request.closed_at:%F}")
        return request

    def _change(self, number: int, **values: object) -> Request:
        with self._database.write() as connection:
            connection.execute(requests.update().where(requests.c.id == number).values(values))
        return self.get(number)


def months_after(moment: datetime, months: int) -> datetime:
    """Return the same time of the same day so many months later, or of that month's last day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _is_open(site_id: int | None) -> Any:
    mine = requests.c.site_id.is_(None) if site_id is None else requests.c.site_id == site_id
    return mine & (requests.c.status == "open")


def _request(row: Row[Any]) -> Request:
    return Request(**row._mapping)  # noqa: SLF001  # the public name of a row's columns
