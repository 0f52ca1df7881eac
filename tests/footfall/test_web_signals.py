"""The server hears a signal whenever it comes: before it listens, while it serves, while it stores the last events."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

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


STORING = """
import os, socket, sys
from footfall.web import answer, run

async def app(scope, receive, send): ...

async def work():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        await answer(app, [listener], lambda: print("ready", flush=True))

def at_once():
    print("at once", flush=True)
    os._exit(3)

run(work(), at_once if "at_once" in sys.argv else None)
print("storing", flush=True)
sys.stdin.read()  # as long as the test likes
print("ended in order")
"""


@pytest.fixture
def storing(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A process that was told to end, and has something left to do."""
    first, *words = request.param
    with subprocess.Popen(
        [sys.executable, "-c", STORING, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(first)
        assert process.stdout.readline() == "storing\n"
        yield process
        process.kill()


@pytest.mark.parametrize("storing", [[signal.SIGINT], [signal.SIGTERM]], indirect=True)
def test_a_second_ctrl_c_ends_it_at_once(storing: subprocess.Popen[str]) -> None:
    storing.send_signal(signal.SIGINT)
    assert storing.wait(60) == -signal.SIGINT


@pytest.mark.parametrize("storing", [[signal.SIGINT], [signal.SIGTERM]], indirect=True)
def test_a_second_sigterm_is_only_the_first_one_repeated(storing: subprocess.Popen[str]) -> None:
    storing.terminate()
    assert storing.communicate(timeout=60)[0] == "ended in order\n"
    assert storing.returncode == 0


@pytest.mark.parametrize("storing", [[signal.SIGINT, "at_once"]], indirect=True)
def test_what_is_to_be_done_at_once_is_done_instead(storing: subprocess.Popen[str]) -> None:
    storing.send_signal(signal.SIGINT)
    assert storing.communicate(timeout=60)[0] == "at once\n"
    assert storing.returncode == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_comes_before_the_server_listens_ends_it_all_the_same(number: signal.Signals) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(int(number))], capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (0, "ended in order\n"), ended.stderr
