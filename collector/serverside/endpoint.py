"""The endpoint of servers: `POST /api/events` with a key of the scope `events:write`. HTTP, and the order of things.

In: up to 10 MB of rows. Out: 202 with how many were accepted and which were not, and why, once all accepted ones are
safe on disk, in one commit; 400 when no row could even be read; 401, 403, 413, 415, 429, 503: nothing was accepted.
The sender of the request is a machine: its address and agent are no visitor's and are not looked at, but for the
limit.
Rows are worked on a few at a time, so a long backfill does not keep a page view waiting, and two requests at once at
most. They are put in order of time before they are kept: so the drain finds the visits of a day however they were
sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from clickhouse.rows import Event, Refusal
from collector.address import Proxies
from collector.arrival import Arrival
from collector.dialects.plausible import Errors
from collector.distill import Tools, distill
from collector.distill.visitor import local_day
from collector.rate import Rate
from collector.sender import address_of, read_head
from collector.serverside.body import MAX_BYTES, NDJSON, TYPES, rows_of
from collector.serverside.past import PastSalts
from collector.serverside.row import read_row
from collector.spool import SpoolError
from collector.spool.record import encode_event
from collector.tally import Keep, Tally
from registry.errors import RegistryError, SaltsRefused
from registry.keys import Key
from registry.site import Site
from registry.snapshot import Snapshot

PATH = "/api/events"
SCOPE = "events:write"
AT_ONCE = 2
SLICE = 32
"""Rows between two looks at what else the process has to do: about three milliseconds."""
RETRY_SECONDS = 5

CheckKey = Callable[[str], Key | None]


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row that was not accepted: refused for a `reason` (docs/refusals.md), or wrong in some field."""

    index: int
    reason: str = ""
    errors: Errors = {}


class Sorted(msgspec.Struct):
    """What became of the rows of one request."""

    events: list[tuple[Event, str]] = []
    refusals: list[Refusal] = []
    told: list[Told] = []


class ServerSide:
    """One route. `check` finds a key; it may block, and is called in a thread."""

    def __init__(
        self,
        *,
        check: CheckKey,
        sites: Snapshot,
        tools: Tools,
        keep: Keep,
        tally: Tally,
        rate: Rate,
        proxies: Proxies,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._check = check
        self._sites = sites
        self._tools = tools
        self._keep = keep
        self._tally = tally
        self._rate = rate
        self._proxies = proxies
        self._now_ms = now_ms
        self._turns = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[Route]:
        return [Route(PATH, self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        """Answer one request."""
        site = await self._site_of(request)
        if isinstance(site, Response):
            return site
        refused = why_unreadable(request)
        if refused is not None:
            return refused
        async with self._turns:
            body = await read_body(request)
            return body if isinstance(body, Response) else await self._accept(body, kind_of(request), site)

    async def _site_of(self, request: Request) -> Site | Response:
        """Find the site of the request's key."""
        seconds = self._wait_seconds(request)
        if seconds:
            return answer(429, "Too many requests from this address.", {"retry-after": str(seconds)})
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            return answer(401, "Send the key: Authorization: Bearer KEY.", {"www-authenticate": "Bearer"})
        try:
            key = await asyncio.to_thread(self._check, secret.strip())
        except RegistryError:
            return unavailable()
        if key is None:
            return answer(401, "This key is not known, or has ended.", {"www-authenticate": "Bearer"})
        if SCOPE not in key.scopes:
            return answer(403, f"This key has not the scope {SCOPE}.")
        # A site that was made within the last second is not in the picture yet.
        return self._sites.by_id(key.site_id) or unavailable()

    def _wait_seconds(self, request: Request) -> int:
        """Charge the sender; a trusted proxy that names nobody is not limited, as on the public endpoint."""
        head = read_head(request.scope["headers"])
        address = address_of(head, request.client.host if request.client else "", self._proxies)
        names_a_client = b"x-forwarded-for" in head or b"forwarded" in head or not self._proxies.trusts(address)
        return self._rate.wait_seconds(address) if names_a_client else 0

    async def _accept(self, body: bytes, content_type: str, site: Site) -> Response:
        """Decide on each row, make the acceptable ones durable at once, count, and tell."""
        rows = rows_of(body, content_type)
        if isinstance(rows, dict):
            return json_answer(400, {"errors": rows})
        now_ms = self._now_ms()
        try:
            found = await self._sort(rows, site, now_ms)
            records = await encoded(found.events)
            if records:
                await self._keep(records)
        except (SpoolError, SaltsRefused, OSError):
            return unavailable()
        for event, _ in found.events:
            self._tally.receive(site.id)
            self._tally.redact(event, site, now_ms)
        for refusal in found.refusals:
            self._tally.refuse(refusal, site, now_ms)
        nothing_read = not found.events and not found.refusals
        return json_answer(400 if nothing_read else 202, {"accepted": len(found.events), "refused": found.told})

    async def _sort(self, rows: Sequence[bytes | msgspec.Raw], site: Site, now_ms: int) -> Sorted:
        """Walk the rows over the bridge, with salts for days gone by that end with this call."""
        salts = PastSalts(local_day(now_ms, site.timezone), self._tools.salt)
        tools = msgspec.structs.replace(self._tools, salt=salts)
        found = Sorted()
        for index, row in enumerate(rows):
            if index % SLICE == SLICE - 1:
                await asyncio.sleep(0)
            arrival = read_row(row, site, now_ms)
            if not isinstance(arrival, Arrival):
                found.told.append(Told(index, errors=arrival))
                continue
            outcome = distill(arrival, site, tools, now_ms)
            if isinstance(outcome, Refusal):
                found.refusals.append(outcome)
                found.told.append(Told(index, reason=outcome.reason))
            else:
                found.events.append((outcome, arrival.event_id))
        found.events.sort(key=lambda item: item[0].ts)
        return found


async def encoded(events: Sequence[tuple[Event, str]]) -> list[bytes]:
    """Make records of events, a few at a time."""
    records = []
    for number, (event, event_id) in enumerate(events):
        if number % (8 * SLICE) == 0:
            await asyncio.sleep(0)
        records.append(encode_event(event, event_id))
    return records


def kind_of(request: Request) -> str:
    """Return the media type of a body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def why_unreadable(request: Request) -> Response | None:
    """Refuse by the head alone what cannot be read or is too long."""
    if kind_of(request) not in TYPES:
        return answer(415, f"Content-Type has to be application/json or {NDJSON}.")
    if request.headers.get("content-encoding", "identity") != "identity":
        return answer(415, "Send the body as it is, without Content-Encoding.")
    length = request.headers.get("content-length", "0")
    return None if length.isdigit() and int(length[:20]) <= MAX_BYTES else too_long()


async def read_body(request: Request) -> bytes | Response:
    """Read the body as far as it may go."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BYTES:
                return too_long()
    except ClientDisconnect:
        return answer(400, "The request broke off.")
    return bytes(body)


def too_long() -> Response:
    return answer(413, "A request holds at most 10 MB; send the rest in another.", {"connection": "close"})


def unavailable() -> Response:
    return answer(503, "Cannot take events now; nothing was accepted.", {"retry-after": str(RETRY_SECONDS)})


def answer(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return json_answer(status, {"error": sentence}, headers)


def json_answer(status: int, told: object, headers: dict[str, str] | None = None) -> Response:
    always = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(msgspec.json.encode(told), status, always | (headers or {}), "application/json")
