"""Faults: every error becomes an answer, and no answer or log line quotes what somebody sent.

A layer around the routes. In: whatever was raised. Out: a page, or JSON under /api, with a status and a sentence.
Errors of ours carry their sentence; the store's and the registry's are told in ours. A mistake of ours is a 500
without trace; the log says its kind and place, never its text, which may hold a visitor's or an owner's words.
"""

from __future__ import annotations

import logging
import re
import traceback

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clickhouse.ask.question import QuestionError
from clickhouse.faults import QuestionTooHeavy, StoreAway, StoreError
from dashboard import words
from dashboard.csrf import may_change
from dashboard.errors import DashboardError, NotAllowed, NotSignedIn, TooManyTries
from dashboard.pages import render
from dashboard.signin import go_and_sign_in
from dashboard.tools import tools_of
from registry.errors import RegistryAway

LOG = logging.getLogger("footfall.dashboard")
BAD_EXPRESSION = 427
"""ClickHouse's number for a regular expression that does not compile."""
SITE_PAGE = re.compile(r"/sites/[a-z0-9.-]+(?![^/])")
SENTENCES = {
    404: "There is no such page.",
    405: "This page cannot be used that way.",
    500: "The fault is ours; it has been noted. Trying again may help.",
    503: "The store does not answer right now. Nothing is lost; try again in a moment.",
}


def told(error: Exception) -> tuple[int, str]:
    """Say which status and sentence an error becomes."""
    if isinstance(error, DashboardError):
        return error.status, str(error)
    if isinstance(error, QuestionError):
        return 400, f"This cannot be asked: {error}."
    if isinstance(error, StoreError) and error.code == BAD_EXPRESSION:
        return 400, "A regular expression in a filter does not compile."
    if isinstance(error, QuestionTooHeavy):
        return 503, "This question is too much at once. Choose a shorter period or fewer filters."
    if isinstance(error, StoreAway | RegistryAway):
        return 503, SENTENCES[503]
    if isinstance(error, HTTPException):
        return error.status_code, SENTENCES.get(error.status_code, error.detail)
    return 500, SENTENCES[500]


def note(error: Exception) -> None:
    """Log a mistake of ours: its kind and where it was raised."""
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = ", ".join(f"{frame.filename}:{frame.lineno}" for frame in place)
    LOG.error("%s at %s", type(error).__name__, where)


def answer_to(request: Request, error: Exception) -> Response:
    """Make the answer to a request that failed."""
    status, sentence = told(error)
    if status == 500:
        note(error)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, TooManyTries):
        headers["Retry-After"] = str(error.retry_after_seconds)
    elif status == 503:
        headers["Retry-After"] = "5"
    if "/api/" in request.url.path:
        return JSONResponse({"error": sentence}, status, headers)
    if isinstance(error, NotSignedIn) and request.method in ("GET", "HEAD"):
        return go_and_sign_in(request)
    page = render(request, "error.html", status, title=title_of(request, status), sentence=sentence,
                  ways=ways_out(request, status))  # fmt: skip
    page.headers.update(headers)
    return page


def title_of(request: Request, status: int) -> str:
    if status == 400 and request.method == "POST":
        return words.say("error.not_saved")
    return words.say(f"error.{status}") if words.knows(f"error.{status}") else words.say("error.400")


def ways_out(request: Request, status: int) -> tuple[tuple[str, str], ...]:
    """What to do next: try again what may pass, go back to the form, or see the site without what it was asked for."""
    path, root = request.url.path, request.scope.get("root_path", "")
    asked = f"{path}?{request.url.query}" if request.url.query else path
    found = SITE_PAGE.match(path.removeprefix(root))
    ways = []
    if request.method == "POST":
        came_from = request.headers.get("referer", "").partition("://")[2].partition("/")[2]
        ways.append((words.say("error.back"), f"/{came_from}"))
    elif status in (429, 500, 503):
        ways.append((words.say("error.again"), asked))
    if found and status in (400, 503) and request.url.query:
        ways.append((words.say("error.plain"), f"{root}{found[0]}"))
    return tuple(ways)


async def on_http_error(request: Request, error: Exception) -> Response:
    """What the router raises: nothing at this path, or not with this method."""
    return answer_to(request, error)


class Faults:
    """Catches what handlers raise; turns away changes that do not come from our own pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def watch(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        request = Request(scope, receive)
        try:
            check_origin(request)
            await self.app(scope, receive, watch)
        except Exception as error:
            if has_begun:
                raise
            await answer_to(request, error)(scope, receive, send)


def check_origin(request: Request) -> None:
    """Raise NotAllowed for a change that another site asks for. The API has no cookies to abuse."""
    if "/api/" in request.url.path:
        return
    if not may_change(request.method, request.headers, tools_of(request).origin(request)):
        raise NotAllowed("This form was sent from another site.")
