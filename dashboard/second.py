"""The second step of signing in: a code from a device, or a recovery code, after the password was right.

In: the cookie of a session that opens nothing yet, a code. Out: a session with a fresh token. Ten wrong codes close
the account's door for a while, as ten wrong passwords do; a code is good once. Who has no second factor never comes
here.
"""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from dashboard.access import session_token
from dashboard.backoff import address_name
from dashboard.forms import read_form
from dashboard.pages import render
from dashboard.signin import SIGN_IN, go, open_session, safe_next
from dashboard.tools import Tools, tools_of
from registry.users import User


def _waiting(tools: Tools, request: Request) -> User | None:
    return tools.registry.sessions.check(session_token(tools, request), awaits_code=True)


async def get_code(request: Request) -> Response:
    """`GET /sign-in/code`: the form; back to the first step for who has not done it."""
    next_ = safe_next(request.query_params.get("next", "/"))
    if await asyncio.to_thread(_waiting, tools_of(request), request) is None:
        return go(request, f"{SIGN_IN}?{urlencode({'next': next_})}")
    return render(request, "code.html", next=next_, error="")


async def post_code(request: Request) -> Response:
    """`POST /sign-in/code`."""
    tools = tools_of(request)
    form = await read_form(request)
    next_ = safe_next(form.get("next", "/"))
    user = await asyncio.to_thread(_waiting, tools, request)
    if user is None:
        return go(request, f"{SIGN_IN}?{urlencode({'next': next_})}")
    if not await check_code(tools, request, user, form.get("code", "")):
        error = "That code is not right. Each code is good once: wait for the next."
        return render(request, "code.html", 403, next=next_, error=error)
    return await open_session(request, user, next_, auth="password and code")


async def check_code(tools: Tools, request: Request, user: User, code: str) -> bool:
    """Check within limits. Each try counts before it is made, so that many at once gain nothing."""
    account, address = names = (f"code:{user.id}", address_name(tools.client_of(request.scope)))
    tools.sign_ins.admit(names, time.monotonic())
    fits = await asyncio.to_thread(tools.registry.factors.check, user.id, code)
    if fits:
        tools.sign_ins.forgive(account)
        tools.sign_ins.take_back(address)
    return fits
