"""`GET /api/v1/stats/…` over HTTP: keys, rate and notes of the second version (endpoint.py), words of the first.

In: a request. Out: JSON. The site is named by `site_id`; what a key opens and how often it may ask is decided there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clickhouse.ask.asking import people_now
from dashboard.api import legacy
from dashboard.api.endpoint import answer, check_key, find_site, note_query
from dashboard.api.query import check_shape
from dashboard.asking import Asker
from dashboard.heard import Heard
from dashboard.period import today_in
from dashboard.tools import Tools, tools_of
from registry.keys import Key
from registry.site import Site

Read = Callable[[legacy.Params, date], legacy.Asked]


async def begin(request: Request) -> tuple[Tools, Key, Site]:
    tools = tools_of(request)
    key = await check_key(request, tools)
    return tools, key, await find_site(tools, key, dict(request.query_params))


async def ask(request: Request, read: Read) -> tuple[legacy.Asked, dict[str, object], dict[str, object] | None]:
    """Read a request, ask what it means, note who asked."""
    tools, key, site = await begin(request)
    asked = read(request.query_params, today_in(ZoneInfo(site.timezone), tools.now()))
    told = []
    for body in (asked.body, asked.earlier):
        if body is None:
            continue
        check_shape(body)
        heard = Heard(has_identity=site.mode != "none", wants_people=bool(body["filters"]))
        told.append(await answer(tools, site, body, heard))
        await asyncio.to_thread(note_query, tools, key, site, body, heard)
    return asked, told[0], told[1] if len(told) > 1 else None


async def get_realtime(request: Request) -> Response:
    """`GET /api/v1/stats/realtime/visitors`: a bare number."""
    tools, key, site = await begin(request)
    heard = Heard(has_identity=site.mode != "none", wants_people=False)
    (now,) = await Asker(tools.store, heard=heard)([people_now(site.id, site.timezone, tools.now())])
    body: dict[str, object] = {"metrics": ["visitors"], "date_range": "realtime"}
    await asyncio.to_thread(note_query, tools, key, site, body, heard)
    return JSONResponse(now.rows[0].metrics[0] if now.rows else 0)


async def get_aggregate(request: Request) -> Response:
    """`GET /api/v1/stats/aggregate`."""
    return JSONResponse(legacy.told_aggregate(*await ask(request, legacy.aggregate)))


async def get_timeseries(request: Request) -> Response:
    """`GET /api/v1/stats/timeseries`."""
    asked, told, _ = await ask(request, legacy.timeseries)
    return JSONResponse(legacy.told_timeseries(asked, told))


async def get_breakdown(request: Request) -> Response:
    """`GET /api/v1/stats/breakdown`."""
    asked, told, _ = await ask(request, legacy.breakdown)
    return JSONResponse(legacy.told_breakdown(asked, told))
