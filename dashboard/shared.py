"""A shared report: what whoever holds a link's address may see, and no more.

In: the token in the path; if the link has one, its password. Out: the report of one site, under the public guard: every
row of fewer than ten people is folded, nothing is finer than a day, the link's filters stay on, at most two filters
count at once. The token is good for this page alone. A right password leaves a cookie for this path, signed with the
password's own hash, for eight hours. Each opening is noted like any look; nobody is named, only the link.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from clickhouse.ask.answer import Answer
from clickhouse.ask.guard import MOST_PUBLIC_FILTERS, Guard
from clickhouse.ask.question import Question
from dashboard.asking import Asker
from dashboard.backoff import address_name
from dashboard.buckets import LEAST_DAYS, length_days
from dashboard.errors import BadQuestion, NotHere
from dashboard.forms import read_form
from dashboard.frame import title_of
from dashboard.headers import CONTENT_SECURITY_POLICY
from dashboard.looking import look_of
from dashboard.pages import render
from dashboard.panels import card_of
from dashboard.people import Person
from dashboard.reading import paths_for, scene_at
from dashboard.report import Report, card_page, report_page
from dashboard.saved import is_segment
from dashboard.scene import Scene
from dashboard.signin import go
from dashboard.site_shares import fixed_in_words, state_of
from dashboard.sites import base_of
from dashboard.tools import Tools, tools_of
from dashboard.url import State, read
from registry.shares import Share
from registry.site import Site

LEAST_GROUP = 10
COOKIE = "footfall_share"
SHORTEST_DAY = timedelta(hours=23)
COOKIE_SECONDS = 8 * 3600
DAY_GRAINS = ("day", "week", "month")
TOO_FINE = ("day", "yesterday", "realtime")
FEW = Answer(rows=(), fewer_than=LEAST_GROUP)


class PublicAsker:
    """Asks under the public guard; what is about less than a day is not asked at all."""

    def __init__(self, ask: Asker) -> None:
        self._ask = ask

    async def __call__(self, questions: Sequence[Question]) -> Sequence[Answer]:
        may_be_asked = [q for q in questions if q.period.until - q.period.since >= SHORTEST_DAY]
        answers = iter(await self._ask(may_be_asked))
        return [next(answers) if question in may_be_asked else FEW for question in questions]


async def share_at(request: Request) -> tuple[Share, Site]:
    """Find the link of the path, alive, and its site; a link that is over is like one that never was."""
    registry = tools_of(request).registry
    share = await asyncio.to_thread(registry.shares.check, request.path_params["token"])
    site = await asyncio.to_thread(registry.sites.by_id, share.site_id) if share else None
    if share is None or site is None or site.state != "active":
        raise NotHere("This link is over, or there never was one here.")
    return share, site


async def get_shared(request: Request) -> Response:
    """`GET /share/{token}`; with `X-Fragment: <card>` that card alone."""
    share, site = await share_at(request)
    if share.has_password and not is_open(request, share):
        return render(request, "share_password.html", error="")
    scene = await scene_of(request, share, site)
    nobody = Person(f"share link {share.id} {share.name}".strip(), {site.id: "viewer"}, auth="share")
    request.state.look = look = look_of(request, nobody, site)
    look.object = "shared report"
    guard = Guard.for_public(max(LEAST_GROUP, site.min_group))
    tools = tools_of(request)
    ask = PublicAsker(Asker(tools.store, guard, look.heard, partial(tools.scrub, site)))
    card = card_of(request.headers.get("x-fragment", ""))
    if card is not None:
        view = msgspec.structs.replace(await card_page(scene, card, ask), details="")
        return framed(render(request, "card.html", card=view), share)
    report = public(await report_page(scene, ask), state_of(share))
    page = await asyncio.to_thread(
        render, request, "shared.html", report=report, site=title_of(site), only=fixed_in_words(share), share=share
    )
    return framed(page, share)


async def scene_of(request: Request, share: Share, site: Site) -> Scene:
    """What the page is about: the link's filters, the reader's period, in days."""
    fixed, asked = state_of(share), read(request.query_params.multi_items())
    span = asked.span if asked.span != State().span else fixed.span
    if any(map(is_segment, asked.filters)):
        raise BadQuestion("A shared report knows no segments.")
    filters = tuple(dict.fromkeys((*fixed.filters, *asked.filters)))
    if len(filters) > MOST_PUBLIC_FILTERS:
        raise BadQuestion(f"A shared report takes at most {MOST_PUBLIC_FILTERS} filters.")
    interval = asked.interval if asked.interval in DAY_GRAINS else "day"
    state = msgspec.structs.replace(asked, span=span, filters=filters, interval=interval, search="", sort=None)
    if span.name in TOO_FINE:
        raise BadQuestion("A shared report shows two days or more.")
    scene = await scene_at(request, site, state)
    paths = msgspec.structs.replace(paths_for(base_of(request), site), live="", values="")
    here = f"{base_of(request)}/share/{request.path_params['token']}"
    paths = msgspec.structs.replace(paths, report=here, details=here)
    scene = msgspec.structs.replace(scene, paths=paths, may_see_all=False)
    if length_days(scene.resolved.period) < LEAST_DAYS["day"] - 0.1:
        raise BadQuestion("A shared report shows two days or more.")
    if scene.interval not in DAY_GRAINS:
        raise BadQuestion("A shared report is not finer than a day.")
    return scene


def public(report: Report, fixed: State) -> Report:
    """Take out what leads to pages that the link does not open, and the chips that cannot be taken off."""
    bar = report.controls
    spans = tuple(entry for entry in bar.spans if not any(f"period={name}" in entry.href for name in TOO_FINE))
    bar = msgspec.structs.replace(bar, chips=bar.chips[len(fixed.filters) :], spans=spans, dimensions=(), segments=())
    cards = tuple(msgspec.structs.replace(card, details="") for card in report.cards)
    steps = tuple(entry for entry in report.intervals if "interval=hour" not in entry.href)
    return msgspec.structs.replace(
        report, controls=bar, cards=cards, intervals=steps, files=(), people_now="", live="", realtime=""
    )


def framed(response: Response, share: Share) -> Response:
    """Let the origins of the link's list show the page in a frame, and nobody else."""
    if share.frames:
        policy = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(share.frames)}")
        response.headers["Content-Security-Policy"] = policy
    return response


# --- the password --------------------------------------------------------------------------------------------------


async def post_shared(request: Request) -> Response:
    """`POST /share/{token}`: the password."""
    share, _ = await share_at(request)
    tools, token = tools_of(request), request.path_params["token"]
    form = await read_form(request)
    names = (f"share:{share.id}", address_name(tools.client_of(request.scope)))
    if share.has_password and not await fits(tools, names, share, form.get("password", "")):
        return render(request, "share_password.html", 403, error="That is not the password of this link.")
    response = go(request, f"/share/{token}")
    if share.has_password:
        path = f"{base_of(request)}/share/{token}"
        response.set_cookie(COOKIE, ticket(share, int(time.time()) + COOKIE_SECONDS), path=path, httponly=True,
                            secure=tools.is_https(request), samesite="lax", max_age=COOKIE_SECONDS)  # fmt: skip
    return response


async def fits(tools: Tools, names: tuple[str, str], share: Share, password: str) -> bool:
    """Check within limits, as at signing in."""
    tools.sign_ins.admit(names, time.monotonic())
    async with tools.hashing:
        is_right = await asyncio.to_thread(tools.registry.shares.fits, share, password)
    if is_right:
        for name in names:
            tools.sign_ins.take_back(name)
    return is_right


def ticket(share: Share, until: int) -> str:
    """Sign `until` with what only this link's password makes."""
    key = (share.password_hash or "").encode()
    return f"{until}.{hmac.digest(key, f'{share.id}.{until}'.encode(), 'sha256').hex()}"


def is_open(request: Request, share: Share) -> bool:
    given = request.cookies.get(COOKIE, "")
    until = given.partition(".")[0]
    is_number = until.isascii() and until.isdecimal() and len(until) < 12
    return (
        is_number
        and int(until) > time.time()
        and hmac.compare_digest(given.encode(), ticket(share, int(until)).encode())
    )
