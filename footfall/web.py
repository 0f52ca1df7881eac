"""The web server: uvicorn with our guard, on sockets that are already ours, and what surrounds it in a process.

In: an ASGI app and bound sockets. Out: answers until SIGTERM or Ctrl-C, then at most three seconds to finish what was
begun. There is no access log, and nothing believes a proxy but our own code (collector/address.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Sequence
from typing import Any, NamedTuple, cast

import uvicorn

from collector import log as quiet
from collector.guard import IDLE_SECONDS, Guard
from collector.passing import receive_on
from collector.setting_values import Listen
from collector.settings import SettingsError
from footfall.precedence import go_first
from footfall.signals import Told

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

FINISH_SECONDS = 3
SWITCH_SECONDS = 0.001
"""How long a thread may hold the interpreter while the event loop wants it; the usual 5 ms are felt at the door."""
BACKLOG = 2048
MAX_DESCRIPTORS = 65_536


class Beside(NamedTuple):
    """Processes that accept for this one: where their connections arrive, and how they are ended."""

    ends: Sequence[socket.socket] = ()
    end: Callable[[], object] = lambda: None


ALONE = Beside()


@contextlib.contextmanager
def bound(listen: Listen) -> Iterator[socket.socket]:
    """Take the port before anything else is opened; raise SettingsError when it cannot be had."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((listen.host, listen.port))
        except OSError as error:
            told = f"cannot listen on {listen.host} port {listen.port} ({error.strerror})"
            way = "stop what uses it, or choose another with --port or FOOTFALL_LISTEN"
            raise SettingsError(f"{told}: {way}") from None
        yield listener


def run(work: Coroutine[Any, Any, None], at_once: Callable[[], object] | None = None) -> None:
    """Run a coroutine that ends when the server ends. Call it in the main thread.

    From here to the end of the process a second Ctrl-C ends it at once, or calls `at_once`, which must not return.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    go_first()
    Told(at_once)
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        runner.run(work)


async def answer(
    app: ASGIApp,
    listeners: Sequence[socket.socket],
    on_ready: Callable[[], object],
    protocol: Callable[..., asyncio.Protocol] = Guard,
    beside: Beside = ALONE,
) -> None:
    """Accept and answer until told to stop; `on_ready` is called once the first request would be taken."""
    quiet.quiet_loop(asyncio.get_running_loop())

    async def telling(scope: Any, receive: Any, send: Any) -> None:
        # An answer that goes on as long as somebody listens would hold up the end: it can ask whether that has come.
        await app({**scope, "is_ending": lambda: server.should_exit}, receive, send)

    config = uvicorn.Config(
        telling,
        http=cast(Any, protocol),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=int(IDLE_SECONDS),
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    server = _Server(config, on_ready, beside)
    await server.serve(sockets=list(listeners))


def harden() -> None:
    """No core dump may hold an address; and a thousand slow clients must not use up the descriptors."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class _Server(uvicorn.Server):
    """Tells when it has begun to accept, and stops at once if it was told to before that."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], object], beside: Beside) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._beside = beside
        told = signal.getsignal(signal.SIGTERM)
        self._told = told if isinstance(told, Told) else None

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave them to ours: uvicorn's end before the last events are stored, and raise each signal again."""
        with contextlib.nullcontext() if self._told else super().capture_signals():
            yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What was loaded by now stays: the garbage collector need not walk through it again while requests wait.
        gc.collect()
        gc.freeze()
        self._deaf = [receive_on(end, self._protocol) for end in self._beside.ends]
        if self._told:
            self._told.then(self._stop)
        if not self.should_exit:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # First those who still accept: what they pass on until then is answered here.
        await asyncio.get_running_loop().run_in_executor(None, self._beside.end)
        for stop in self._deaf:
            stop()
        await super().shutdown(sockets)

    def _stop(self) -> None:
        self.should_exit = True

    def _protocol(self) -> asyncio.Protocol:
        """Make the protocol of a connection, as uvicorn does of those it accepts."""
        made = cast(Any, self.config.http_protocol_class)
        return cast(
            asyncio.Protocol,
            made(config=self.config, server_state=self.server_state, app_state=self.lifespan.state),
        )
