"""Hanging up: a reader who goes away ends what was being read for them.

A layer around the app. In: a request whose client disconnects before it is answered. Out: its handler is cancelled, and
`Asker` ends the statements that run for it. Only what reads is cancelled: a change that has begun is finished, and so
is the note of who made it. A body is passed on piece by piece, so limits on its length hold.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING = ("GET", "HEAD")
QUERY = "/api/v2/query"


class HangUp:
    """Cancels a handler whose client has gone away."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (scope["method"] in READING or scope["path"].endswith(QUERY)):
            await self.app(scope, receive, send)
            return
        messages: asyncio.Queue[Message] = asyncio.Queue(maxsize=1)
        answering = asyncio.ensure_future(self.app(scope, messages.get, send))
        listening = asyncio.ensure_future(_listen(receive, messages))
        try:
            await asyncio.wait({answering, listening}, return_when=asyncio.FIRST_COMPLETED)
            has_gone = not answering.done()
        finally:
            listening.cancel()
            if not answering.done():
                answering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening
        if has_gone:
            with contextlib.suppress(asyncio.CancelledError):
                await answering
        else:
            answering.result()


async def _listen(receive: Receive, messages: asyncio.Queue[Message]) -> None:
    """Pass on what comes; end when the client does."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        await messages.put(message)
