"""`POST /api/v2/query`: the Stats API over HTTP.

In: a bearer key with the scope `stats:read` and a JSON query. Out: JSON, errors too (`{"error": "…"}`), never cached.
A key opens one site and sees exact numbers: whoever made it could see them. An unknown key and a foreign site are
answered alike. Each key may ask 600 times an hour. No cookie counts here, so no page can ask in someone's name.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.api.answer import json_of, results_of
from dashboard.api.money import currency_of
from dashboard.api.query import Query, check_shape, parts_of, read_query, total_question
from dashboard.api.words import METRIC_WORDS, MONEY
from dashboard.asking import Asker, first_day
from dashboard.errors import BadQuestion, DashboardError
from dashboard.forms import read_body
from dashboard.heard import Heard
from dashboard.looking import LEAST_GROUP, RARE
from dashboard.period import today_in
from dashboard.tools import Tools, tools_of
from registry.errors import NotAllowed, NotThere
from registry.keys import Key
from registry.site import Site

NO_KEY = "Missing API key. Please use a valid Plausible API key as a Bearer Token."
WRONG_KEY = (
    "Invalid API key or site ID. Please make sure you're using a valid API key "
    "with access to the site you've requested."
)
NO_SITE = "Missing site ID. Please provide the required site_id parameter with your request."
NOTED = ("metrics", "dimensions", "date_range", "order_by", "pagination")
"""Parts of a query whose words are from our own lists."""
LOCKED = "This site is locked: it is about to be removed. Its owner can bring it back."
TOO_MANY = "Too many API requests. Your API key is limited to 600 requests per hour."


class Refused(DashboardError):
    """A request that gets no answer; it carries its own status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


async def post_query(request: Request) -> Response:
    """Answer one query."""
    tools = tools_of(request)
    key = await check_key(request, tools)
    body = await read_json(request)
    site = await find_site(tools, key, body)
    check_shape(body)
    heard = Heard(has_identity=site.mode != "none", wants_people="filters" in body)
    value = await answer(tools, site, body, heard)
    await asyncio.to_thread(note_query, tools, key, site, body, heard)
    return JSONResponse(value)


async def check_key(request: Request, tools: Tools) -> Key:
    """Find the key of a request, count its use. Raises Refused or TooManyTries."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Refused(401, NO_KEY)
    key = await asyncio.to_thread(tools.registry.keys.check, secret.strip())
    if key is None or "stats:read" not in key.scopes:
        raise Refused(401, WRONG_KEY)
    tools.key_requests.admit((key.id,), time.monotonic(), TOO_MANY)
    return key


async def read_json(request: Request) -> dict[str, object]:
    """Read a body that is a JSON object, whatever its content type says."""
    try:
        body = msgspec.json.decode(await read_body(request))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadQuestion("The request's body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise BadQuestion("#: Type mismatch. Expected Object but got something else.")
    return body


async def find_site(tools: Tools, key: Key, body: dict[str, object]) -> Site:
    """Find the site a query names, if the key opens it. Raises Refused."""
    host = body.get("site_id")
    if host is None or host == "":
        raise Refused(400, NO_SITE)
    try:
        site = await asyncio.to_thread(tools.registry.sites.get, str(host))
    except (NotThere, NotAllowed):
        raise Refused(401, WRONG_KEY) from None
    if site.id != key.site_id:
        raise Refused(401, WRONG_KEY)
    if site.state != "active":
        raise Refused(402, LOCKED)
    return site


async def answer(tools: Tools, site: Site, body: dict[str, object], heard: Heard) -> dict[str, object]:
    """Ask the store what a well-formed query asks."""
    now, zone = tools.now(), ZoneInfo(site.timezone)
    whole = body["date_range"] == "all"
    oldest = await first_day(tools.store, site, now) if whole else today_in(zone, now)
    goals = await asyncio.to_thread(tools.registry.goals.list, site.host)
    segments = await asyncio.to_thread(tools.registry.segments.list, site.host)
    query = read_query(body, zone, now, oldest, goals, segments)
    parts, shares = parts_of(query, site), shares_in(query)
    questions = [*(part.question for part in parts), *(total_question(query, site, metric) for metric in shares)]
    answers = await Asker(tools.store, heard=heard, scrub=partial(tools.scrub, site))(questions)
    wholes = zip(questions[len(parts) :], answers[len(parts) :], strict=True)
    totals = dict(zip(shares, wholes, strict=True))
    results = results_of(query, site, parts, answers[: len(parts)], totals)
    currency = next((currency_of(totals[name][1]) for name in MONEY if name in totals), "")
    return json_of(query, site, results, answers[0].total_rows if answers else None, currency)


def note_query(tools: Tools, key: Key, site: Site, body: dict[str, object], heard: Heard) -> None:
    """Note who asked, before the answer leaves: a key stands for whoever made it."""
    known = {name: body[name] for name in NOTED if name in body}
    if "filters" in body:
        is_known = heard.people is not None and heard.people >= max(site.min_group, LEAST_GROUP)
        known["filters"] = body["filters"] if is_known else RARE
    params = msgspec.json.encode(known, order="sorted").decode("utf-8")
    actor = f"key {key.id} {key.name}".strip()
    tools.registry.looks.note(actor, "token", "key", "query", site.id, "api", params, heard.rows)


def shares_in(query: Query) -> list[str]:
    """The metrics that need the total they are a part of, or its currency."""
    return [metric for metric in query.metrics if not METRIC_WORDS[metric].ours or metric in MONEY]
