"""Signing in and out.

In: an address and a password. Out: a session's cookie, HttpOnly, SameSite=Lax, with a fresh token at every sign-in so
that none planted before is worth anything. A wrong password and an unknown address look and cost the same. After ten
tries an account, and an address, must wait. `next` leads back only to a path of ours.
"""

from __future__ import annotations

import asyncio
import re
import time
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.access import cookie_name, person_at, session_token
from dashboard.backoff import address_name
from dashboard.forms import read_form
from dashboard.pages import render
from dashboard.tools import Tools, tools_of
from registry.users import User

SIGN_IN = "/sign-in"
OUR_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]{0,2000}")


def safe_next(text: str) -> str:
    """Return `text` if it is a path of ours, else `/`: `//evil.example` and `/\\evil` are addresses to a browser."""
    return text if OUR_PATH.fullmatch(text) else "/"


def go(request: Request, path: str) -> RedirectResponse:
    """Send a browser to a path of ours, with GET."""
    return RedirectResponse(request.scope.get("root_path", "") + path, 303)


def go_and_sign_in(request: Request) -> RedirectResponse:
    """Send a browser to the sign-in form, and from there back to what it asked for."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    asked = f"{path}?{request.url.query}" if request.url.query else path
    return go(request, f"{SIGN_IN}?{urlencode({'next': asked})}")


def set_session(response: Response, tools: Tools, request: Request, token: str) -> None:
    """Hand the browser its token; it lives as long as the browser is open and the server's session lasts."""
    secure = tools.is_https(request)
    response.set_cookie(cookie_name(tools, request), token, path="/", secure=secure, httponly=True, samesite="lax")


async def show_sign_in(
    request: Request, status: int = 200, *, next_: str = "/", email: str = "", error: str = ""
) -> Response:
    needs_setup = await asyncio.to_thread(tools_of(request).registry.setup.is_needed)
    return render(request, "sign_in.html", status, next=next_, email=email, error=error, needs_setup=needs_setup)


async def get_sign_in(request: Request) -> Response:
    """`GET /sign-in`: the form, or straight on for who is signed in already."""
    next_ = safe_next(request.query_params.get("next", "/"))
    person = await person_at(request)
    if person is not None and not person.is_guest:
        return go(request, next_)
    return await show_sign_in(request, next_=next_)


async def check_password(tools: Tools, names: tuple[str, str], email: str, password: str) -> User | None:
    """Check within limits. Each try counts before it is made, so that many at once gain nothing."""
    tools.sign_ins.admit(names, time.monotonic())
    async with tools.hashing:
        user = await asyncio.to_thread(tools.registry.users.check, email, password)
    if user is not None:
        account, address = names
        tools.sign_ins.forgive(account)
        tools.sign_ins.take_back(address)
    return user


async def post_sign_in(request: Request) -> Response:
    """`POST /sign-in`."""
    tools = tools_of(request)
    form = await read_form(request)
    email, next_ = form.get("email", "").strip(), safe_next(form.get("next", "/"))
    names = (f"account:{email.lower()}", address_name(tools.client_of(request.scope)))
    user = await check_password(tools, names, email, form.get("password", ""))
    if user is None:
        error = "That address and password do not go together."
        return await show_sign_in(request, 403, next_=next_, email=email, error=error)
    if await asyncio.to_thread(tools.registry.factors.is_on, user.id):
        return await open_half(request, user, next_)
    return await open_session(request, user, next_)


async def open_session(request: Request, user: User, next_: str, auth: str = "password") -> Response:
    """Start a session in place of whatever the browser held, and go on to `next_`. Who came in is noted first."""
    tools = tools_of(request)
    await asyncio.to_thread(tools.registry.looks.note, user.email, "", auth, "sign in", None)
    return await _start(request, user, next_, awaits_code=False)


async def open_half(request: Request, user: User, next_: str) -> Response:
    """Start a session that opens nothing before a code was right, and go on to ask for it."""
    return await _start(request, user, f"{SIGN_IN}/code?{urlencode({'next': next_})}", awaits_code=True)


async def _start(request: Request, user: User, path: str, *, awaits_code: bool) -> Response:
    tools = tools_of(request)
    old = session_token(tools, request) or None
    opened = tools.registry.sessions.open
    token = await asyncio.to_thread(opened, user.id, instead_of=old, awaits_code=awaits_code)
    response = go(request, path)
    set_session(response, tools, request, token)
    return response


async def post_sign_out(request: Request) -> Response:
    """`POST /sign-out`: the session ends on the server, whatever the browser keeps."""
    tools = tools_of(request)
    await asyncio.to_thread(tools.registry.sessions.close, session_token(tools, request))
    response = go(request, "/")
    response.delete_cookie(
        cookie_name(tools, request), path="/", secure=tools.is_https(request), httponly=True, samesite="lax"
    )
    return response
