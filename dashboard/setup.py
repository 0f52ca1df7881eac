"""The first run: whoever holds the link that the server printed becomes the owner. There is no default password.

In: the token of the link, an address, a password. Out: the first user, signed in. Without a token that would be taken
the page does not exist; once there is a user it never does again. The registry decides; this is the form.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from dashboard.errors import NotHere
from dashboard.forms import read_form
from dashboard.pages import render
from dashboard.signin import open_session
from dashboard.tools import Tools, tools_of
from registry.errors import NotAllowed


async def check_token(tools: Tools, token: str) -> None:
    if not token or not await asyncio.to_thread(tools.registry.setup.is_valid, token):
        raise NotHere("This setup link is spent: sign in. While nobody can, a restart of the server prints a new one.")


async def get_setup(request: Request) -> Response:
    """`GET /setup?token=…`."""
    token = request.query_params.get("token", "")
    await check_token(tools_of(request), token)
    return render(request, "setup.html", token=token, email="", error="")


async def post_setup(request: Request) -> Response:
    """`POST /setup`."""
    tools = tools_of(request)
    form = await read_form(request)
    token, email = form.get("token", ""), form.get("email", "").strip()
    await check_token(tools, token)
    try:
        async with tools.hashing:
            user = await asyncio.to_thread(tools.registry.setup.redeem, token, email, form.get("password", ""))
    except NotAllowed as error:
        return render(request, "setup.html", 400, token=token, email=email, error=str(error))
    return await open_session(request, user, "/sites/new")
