"""Runs `footfall` without loading Python and the product each time: a process that has loaded both forks for each.

Not a test. In: words, environment, working directory. Out: what `subprocess.run` would return. What runs is a process
like that of the installed command, with an engine, signals and an end of its own; only half a second of imports is
not spent again, hundreds of times. What is said of the start itself (what is loaded, when it is refused) and of servers
is tried with the command as it is installed; so is everything where not Linux tests.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
ENOUGH = 1 << 20
Done = subprocess.CompletedProcess[str]


class Warm:
    """The process that has loaded everything, as long as the block lasts."""

    def __enter__(self) -> Warm:
        self._line, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            plain = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
            self._process = subprocess.Popen([sys.executable, __file__], stdin=its, env=plain, cwd="/")
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._process.wait()

    def run(self, words: list[str], stdin: str, directory: Path, env: dict[str, str]) -> Done:
        """Run a command to its end."""
        told = json.dumps([words, str(directory), env]).encode()
        with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            asked.write(stdin.encode())
            asked.seek(0)
            files = [asked, out, err]
            socket.send_fds(self._line, [told], [file.fileno() for file in files])
            code = int(self._line.recv(ENOUGH))
            out.seek(0)
            err.seek(0)
            return Done(words, code, out.read().decode(), err.read().decode())


def load_everything() -> None:
    """Import what verbs import; the engine is none of it, for its threads would not survive a fork."""
    for room in ("clickhouse", "registry", "collector", "dashboard", "footfall"):
        for module in pkgutil.walk_packages([str(ROOT / room)], f"{room}."):
            if "versions" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()
    if threading.active_count() != 1 or "chdb" in sys.modules:
        raise SystemExit("this process cannot be forked: something has begun to run in it")


def wait_for_commands(line: socket.socket) -> list[str]:
    """Fork for each command, and say how it ended; return its words in the process that shall run it."""
    while True:
        told, files, _, _ = socket.recv_fds(line, ENOUGH, 3)
        if not told:
            raise SystemExit(0)
        child = os.fork()
        if not child:
            break
        for file in files:
            os.close(file)
        line.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
    line.close()
    words, directory, env = json.loads(told)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0, closefd=False), *(os.fdopen(n, "w", closefd=False) for n in (1, 2))
    return list(words)


def end_with(work: Callable[[], None]) -> NoReturn:
    """End as an interpreter does, but for taking apart, module by module, what it shares with the one it came from."""
    code = 0
    try:
        work()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    load_everything()
    sys.argv = ["footfall", *wait_for_commands(socket.socket(fileno=os.dup(0)))]
    end_with(importlib.import_module("footfall.__main__").main)
