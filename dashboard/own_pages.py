"""The pages beside the report: each is a line of a table here, and is served as HTML, as CSV and as JSON.

In: a request. Out: the page in its frame, or its sheets as a file that holds the same numbers. What a page asks and
draws is its module's in `own/`; what it may show is the guard's. A long page is drawn in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.controls import first_day, last_day
from dashboard.export import attachment
from dashboard.filters import write_filter
from dashboard.frame import Room
from dashboard.own import (
    engagement,
    features,
    funnels,
    goals,
    hours,
    journeys,
    privacy,
    realtime,
    retention,
    vitals,
)
from dashboard.own.opening import Opened, Page, open_page
from dashboard.own.sheet import csv_of, json_of
from dashboard.pages import render
from dashboard.sites import frame_at

Handler = Callable[[Request], Awaitable[Response]]


class Own(msgspec.Struct, frozen=True):
    """One page. `part` may answer a script that asks for a piece of it."""

    room: Room
    make: Callable[[Opened], Awaitable[Page]]
    part: Callable[[Request, Opened], Awaitable[Response | None]] | None = None


OWN: tuple[Own, ...] = (
    Own("realtime", realtime.make_page, realtime.get_part),
    Own("features", features.make_page),
    Own("goals", goals.make_page),
    Own("funnels", funnels.make_page),
    Own("journeys", journeys.make_page),
    Own("hours", hours.make_page),
    Own("engagement", engagement.make_page),
    Own("vitals", vitals.make_page),
    Own("retention", retention.make_page),
    Own("privacy", privacy.make_page),
)


def page_of(own: Own) -> Handler:
    """`GET /sites/{host}/{room}`."""

    async def get(request: Request) -> Response:
        opened = await open_page(request, own.room)
        if own.part is not None and (part := await own.part(request, opened)) is not None:
            return part
        page = await own.make(opened)
        return await show(request, opened, page)

    return get


async def show(request: Request, opened: Opened, page: Page, status: int = 200, error: str = "") -> Response:
    """Draw a page in its frame."""
    frame = await frame_at(request, opened.person, opened.site, opened.room)
    files = {kind: opened.state.url(f"{opened.here}.{kind}") for kind in ("csv", "json")}
    name = f"own/{opened.room}.html"
    return await asyncio.to_thread(render, request, name, status, frame=frame, page=page, body=page.body, files=files,
                                   here=opened.here, room=opened.room, error=error)  # fmt: skip


def csv_of_page(own: Own) -> Handler:
    """`GET /sites/{host}/{room}.csv`."""

    async def get(request: Request) -> Response:
        opened = await open_page(request, own.room)
        page = await own.make(opened)
        return Response(csv_of(page.sheets), headers=attachment(file_name(opened, "csv")),
                        media_type="text/csv; charset=utf-8")  # fmt: skip

    return get


def json_of_page(own: Own) -> Handler:
    """`GET /sites/{host}/{room}.json`."""

    async def get(request: Request) -> Response:
        opened = await open_page(request, own.room)
        told = told_of(opened, await own.make(opened))
        return JSONResponse(told, headers=attachment(file_name(opened, "json")))

    return get


def told_of(opened: Opened, page: Page) -> dict[str, object]:
    """A page as plain values."""
    period = page.period or opened.scene.resolved.period
    return {
        "site": opened.site.host,
        "timezone": opened.site.timezone,
        "since": period.since.isoformat(),
        "until": period.until.isoformat(),
        "filters": [write_filter(filter_) for filter_ in opened.state.filters],
        "asked": dict(opened.state.own),
        "fewer_than": page.fewer_than or None,
        "sheets": json_of(page.sheets),
    }


def file_name(opened: Opened, kind: str) -> str:
    period, zone = opened.scene.resolved.period, opened.scene.zone
    return f"{opened.site.host}-{opened.room}-{first_day(period, zone)}-{last_day(period, zone)}.{kind}"
