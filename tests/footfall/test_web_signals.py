"""The server hears a signal whenever it comes, also before it has begun to listen for one."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, socket, sys
from footfall.web import answer, run

async def app(scope, receive, send): ...

async def work():
    os.kill(os.getpid(), int(sys.argv[1]))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        await answer(app, [listener], lambda: print("ready"))

run(work())
print("ended in order")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_comes_before_the_server_listens_ends_it_all_the_same(number: signal.Signals) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(int(number))], capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (0, "ended in order\n"), ended.stderr
