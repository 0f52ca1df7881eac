"""The books as pages: `/sites/{host}/refused`, the same as CSV and JSON, and the one click that mends a wrong host.

In: a request; who asks decides which site and how exact, the URL decides which days. Out: HTML, a file, or a setting
changed. All three show one Ledger, and what waits in the spool now stands in today's row. A site's filters do not
apply: an arrival that was not kept has no page, no place and no source to filter by. docs/wire.md describes the files.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clickhouse.ask.ledger import Day, Ledger, ask_ledger
from dashboard.access import need_person, need_site
from dashboard.asking import guard_for
from dashboard.errors import BadQuestion
from dashboard.export import attachment, safe_cell
from dashboard.forms import read_form
from dashboard.ledger import Span, holds_today, ledger_page, parts_of, span_of
from dashboard.looking import tell
from dashboard.pages import render
from dashboard.people import Person
from dashboard.reading import scene_at, state_at
from dashboard.scene import Scene
from dashboard.signin import go
from dashboard.sites import frame_at
from dashboard.tools import tools_of
from dashboard.url import State
from registry.errors import Denied
from registry.site import Site


async def begin(request: Request) -> tuple[Person, Scene]:
    """Who asks, and about which days of which site."""
    person = await need_person(request)
    site = await need_site(request, person, "look")
    state = state_at(request)
    return person, await scene_at(request, site, State(span=state.span, interval=state.interval))


async def books_of(request: Request, person: Person, site: Site, span: Span) -> Ledger:
    store, guard = tools_of(request).store, guard_for(person, site)
    return await asyncio.to_thread(ask_ledger, store, site.id, site.timezone, span.first, span.last, guard)


def waiting_for(request: Request, site: Site) -> int | None:
    """How many events of a site are in the spool now; None where the collector runs elsewhere."""
    health = tools_of(request).collector_health
    if health is None:
        return None
    spool = health().get("spool")
    return int(spool.get(site.id, 0)) if isinstance(spool, Mapping) else None


async def get_refused(request: Request) -> Response:
    """`GET /sites/{host}/refused`."""
    person, scene = await begin(request)
    site, span = scene.site, span_of(scene)
    now, before = await asyncio.gather(*(books_of(request, person, site, days) for days in (span, span.before)))
    settings = f"{scene.paths.report}/settings" if person.may("configure", site) else ""
    page = ledger_page(scene, now, before, waiting_for(request, site), here=f"{scene.paths.report}/refused",
                       settings=settings)  # fmt: skip
    frame = await frame_at(request, person, site, "refused")
    saved = "saved" in request.query_params
    return await asyncio.to_thread(render, request, "refused.html", frame=frame, page=page, saved=saved)


async def post_refused(request: Request) -> Response:
    """`POST /sites/{host}/refused`: count `count_host` from now on, as one further host of the site."""
    person = await need_person(request)
    site = await need_site(request, person, "configure")
    host = (await read_form(request)).get("count_host", "").strip()
    hosts = ",".join(dict.fromkeys((*site.hosts, host)))
    by = person.email or "the demo"
    try:
        if not host or "," in host or "*" in host:
            raise BadQuestion("One host at a time, as it stands in the table.")
        await asyncio.to_thread(tools_of(request).registry.sites.set, site.host, {"hosts": hosts}, by=by)
    except Denied as error:
        raise BadQuestion(str(error)) from None
    tell(request, params="hosts")
    return go(request, f"/sites/{site.host}/refused?saved")


async def get_refused_json(request: Request) -> Response:
    """`GET /sites/{host}/refused.json`."""
    scene, ledger, waiting = await file_of(request)
    return JSONResponse(json_value(scene, ledger, waiting), headers=attachment(file_name(scene, "json")))


async def get_refused_csv(request: Request) -> Response:
    """`GET /sites/{host}/refused.csv`."""
    scene, ledger, waiting = await file_of(request)
    return Response(csv_text(ledger, waiting or 0), headers=attachment(file_name(scene, "csv")),
                    media_type="text/csv; charset=utf-8")  # fmt: skip


async def file_of(request: Request) -> tuple[Scene, Ledger, int | None]:
    person, scene = await begin(request)
    span = span_of(scene)
    waiting = waiting_for(request, scene.site) if holds_today(scene, span) else 0
    return scene, await books_of(request, person, scene.site, span), waiting


def file_name(scene: Scene, kind: str) -> str:
    span = span_of(scene)
    return f"{scene.site.host}-refused-{span.first}-{span.last}.{kind}"


def books(day: Day, waiting: int) -> dict[str, Any]:
    """One line of the books as plain values."""
    parts = parts_of(day, waiting)
    exact = {key: parts[key].least for key in ("received", "kept", "declined", "duplicate", "waiting")}
    most = {f"{key}_most": parts[key].most for key in ("received", "declined")}
    return {**exact, **most, "refused": day.refused}


def json_value(scene: Scene, ledger: Ledger, waiting: int | None) -> dict[str, object]:
    """The books as one object; `waiting` stands in the last day and in the total."""
    span, last = span_of(scene), len(ledger.days) - 1
    return {
        "site": scene.site.host,
        "timezone": scene.site.timezone,
        "first_day": span.first.isoformat(),
        "last_day": span.last.isoformat(),
        "waiting": waiting,
        "total": books(ledger.total, waiting or 0),
        "days": [
            {"day": day.day.isoformat(), **books(day, (waiting or 0) if nth == last else 0)}
            for nth, day in enumerate(ledger.days)
        ],
        "rules": [
            {"day": row.day.isoformat(), "reason": row.reason, "rule": row.rule, "events": row.count}
            for row in ledger.rules
        ],
    }


def csv_text(ledger: Ledger, waiting: int) -> str:
    """One line a day and part; a reason's lines, one a rule and one for the rest, add up to it."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["day", "part", "reason", "rule", "events", "events_most"])
    rules = {(row.day, row.reason, row.rule): row.count for row in ledger.rules}
    for day in ledger.days:
        parts = parts_of(day, waiting if day is ledger.days[-1] else 0)
        for key in ("received", "kept", "declined", "duplicate", "waiting"):
            lines.writerow([day.day, key, "", "", parts[key].least, parts[key].most])
        for reason, count in day.refused.items():
            known = {rule: told for (on, why, rule), told in rules.items() if (on, why) == (day.day, reason)}
            rest = count - sum(known.values())
            for rule, told in (*known.items(), *([("", rest)] if rest else [])):
                lines.writerow([day.day, "refused", reason, safe_cell(rule), told, told])
    return out.getvalue()
