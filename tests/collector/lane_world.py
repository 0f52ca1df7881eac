"""Servers for the tests of the lanes: there at once and gone at once, in the test's own loop.

Not a test. uvicorn's own loop looks ten times a second whether it shall end, and once more at those who are still
there; these tests open and end hundreds of servers, and nobody has to wait for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from uvicorn import Config, Server

PATIENCE = 60.0


def config_of(app: Any, protocol: Any, idle_seconds: int = 1) -> Config:
    return Config(
        app,
        port=0,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        timeout_keep_alive=idle_seconds,
    )


async def ready(config: Config) -> Server:
    """Return a server that does not listen yet, with the headers that uvicorn's loop gives every answer."""
    server = Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.on_tick(0)
    return server


@asynccontextmanager
async def listening(config: Config) -> AsyncIterator[int]:
    """Accept connections on a port; afterwards finish what was begun, as at a shutdown."""
    server = await ready(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        for each in server.servers:
            each.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        async with asyncio.timeout(PATIENCE):
            while server.server_state.connections or server.server_state.tasks:
                await asyncio.sleep(0.002)
