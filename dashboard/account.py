"""The account of whoever is signed in: password, second factor, where they are signed in.

In: a form with what to do (`do`). Out: the page again. A new password ends every other session; to turn the second
factor off takes the password. The secret of a factor and its recovery codes are shown once, in the answer to the form
that made them. It is nobody's but one's own account: other people are the page of a site (members.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from dashboard.access import need_person, session_token
from dashboard.backoff import address_name
from dashboard.errors import NotHere
from dashboard.forms import act_of, read_form
from dashboard.pages import render
from dashboard.people import Person
from dashboard.qr import picture_of
from dashboard.second import check_code
from dashboard.signin import check_password, go, open_session
from dashboard.sites import frame_at
from dashboard.tools import tools_of
from registry.errors import NotAllowed
from registry.sessions import handle_of
from registry.totp import address_of
from registry.users import User

WRONG = "That is not your present password."


async def need_user(request: Request) -> tuple[Person, User]:
    """Who is signed in; the guest of a demo has no account."""
    person = await need_person(request)
    if person.is_guest:
        raise NotHere("Nobody is signed in: this demo has no accounts.")
    return person, await asyncio.to_thread(tools_of(request).registry.users.get, person.email)


async def show_account(
    request: Request,
    person: Person,
    user: User,
    status: int = 200,
    *,
    error: str = "",
    secret: str = "",
    codes: Sequence[str] = (),
) -> Response:
    """Answer with the page. `secret`: a factor that waits for its first code; `codes`: recovery codes, this once."""
    tools = tools_of(request)
    factors = tools.registry.factors
    return render(
        request,
        "account.html",
        status,
        frame=await frame_at(request, person),
        email=user.email,
        error=error,
        done=request.query_params.get("done", ""),
        sessions=await asyncio.to_thread(tools.registry.sessions.list, user.id),
        mine=handle_of(session_token(tools, request)),
        is_on=await asyncio.to_thread(factors.is_on, user.id),
        left=await asyncio.to_thread(factors.recovery_left, user.id),
        answers_for=person.answers_for_others,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        picture=picture_of(address_of(secret, user.email)) if secret else None,
        codes=codes,
    )


async def get_account(request: Request) -> Response:
    """`GET /account`."""
    person, user = await need_user(request)
    return await show_account(request, person, user)


async def post_account(request: Request) -> Response:
    """`POST /account`: `do` says what."""
    person, user = await need_user(request)
    form = await read_form(request)
    return await act_of(form, ACTS)(request, person, user, form)


async def fits(request: Request, user: User, password: str) -> bool:
    """Check the present password, within the limits of signing in."""
    tools = tools_of(request)
    names = (f"account:{user.email}", address_name(tools.client_of(request.scope)))
    return await check_password(tools, names, user.email, password) is not None


async def change_password(request: Request, person: Person, user: User, form: Mapping[str, str]) -> Response:
    tools = tools_of(request)
    if not await fits(request, user, form.get("password", "")):
        return await show_account(request, person, user, 403, error=WRONG)
    try:
        async with tools.hashing:
            await asyncio.to_thread(tools.registry.users.set_password, user.email, form.get("fresh", ""))
    except NotAllowed as error:
        return await show_account(request, person, user, 400, error=str(error))
    # Every session has ended, this one too: go on with a fresh one.
    return await open_session(request, user, "/account?done=password", auth="new password")


async def offer_factor(request: Request, person: Person, user: User, _form: Mapping[str, str]) -> Response:
    secret = await asyncio.to_thread(tools_of(request).registry.factors.offer, user.id)
    return await show_account(request, person, user, secret=secret or "")


async def confirm_factor(request: Request, person: Person, user: User, form: Mapping[str, str]) -> Response:
    factors = tools_of(request).registry.factors
    codes = await asyncio.to_thread(factors.confirm, user.id, form.get("code", ""))
    if not codes:
        secret = await asyncio.to_thread(factors.offer, user.id)
        error = "That code is not right. Is the clock of your device?"
        return await show_account(request, person, user, 400, error=error, secret=secret or "")
    return await show_account(request, person, user, codes=codes)


async def drop_factor(request: Request, person: Person, user: User, form: Mapping[str, str]) -> Response:
    if not await fits(request, user, form.get("password", "")):
        return await show_account(request, person, user, 403, error=WRONG)
    tools = tools_of(request)
    if not await check_code(tools, request, user, form.get("code", "")):
        return await show_account(request, person, user, 403, error="That code is not right.")
    await asyncio.to_thread(tools.registry.factors.drop, user.id)
    return go(request, "/account?done=factor")


async def end_session(request: Request, _person: Person, user: User, form: Mapping[str, str]) -> Response:
    await asyncio.to_thread(tools_of(request).registry.sessions.end, user.id, form.get("session", ""))
    return go(request, "/account?done=session")


Do = Callable[[Request, Person, User, Mapping[str, str]], Awaitable[Response]]
ACTS: Mapping[str, Do] = {
    "password": change_password,
    "offer": offer_factor,
    "confirm": confirm_factor,
    "drop": drop_factor,
    "end": end_session,
}
