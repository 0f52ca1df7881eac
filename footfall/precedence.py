"""Precedence: who receives goes before who stores, when both want the same core.

In: threads of this process. Out: the kernel is told, where it is Linux. An event loop that is woken shall run at once:
it asks for short turns. The drain and the engine's threads are nicer than everything else on the machine: what they
have to do can wait, and a website beside us should not. Nothing here needs rights, or fails without them.
Why, and what was measured: docs/decisions/0012.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import sys
import threading
from pathlib import Path

NICE = 10
"""What waits gets a ninth of a core that others want all of, and all of one that nobody wants."""
SLICE_NS = 100_000
"""The shortest turn that Linux grants. One who asks for short turns is let in sooner (since Linux 6.12)."""
TASKS = Path("/proc/self/task")
_SET_ATTRIBUTES = {"x86_64": 314, "aarch64": 274}.get(platform.machine()) if sys.platform == "linux" else None
"""The number of the system call `sched_setattr`, which the C library has no function for."""
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
"""struct sched_attr, first version: size, policy, flags, nice, priority, runtime, deadline, period."""


def go_first() -> None:
    """Ask for short turns, for this thread and those that it starts from now on."""
    _ask(threading.get_native_id(), 0, SLICE_NS)


def stand_back() -> None:
    """Let this thread, and what it starts from now on, run when nobody else wants to. There is no way back."""
    _ask(threading.get_native_id(), NICE)


def engine_stands_back() -> None:
    """The same for every thread that is not Python's: they are the store's engine's. New ones come at any time."""
    if not TASKS.is_dir():
        return
    tasks = {int(name) for name in os.listdir(TASKS)}
    known = {thread.native_id for thread in threading.enumerate()}
    if None in known:  # one is being started, and may be among them
        return
    for task in tasks - known:
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if os.getpriority(os.PRIO_PROCESS, task) < NICE:
                _ask(task, NICE)


def _ask(task: int, least: int, slice_ns: int = 0) -> None:
    """Give a thread at least this niceness, and turns of its own length; one that its owner made special stays so."""
    if _SET_ATTRIBUTES is None:
        return
    if os.sched_getscheduler(task) == os.SCHED_OTHER:
        nice = max(os.getpriority(os.PRIO_PROCESS, task), least)
        wanted = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_OTHER, 0, nice, 0, slice_ns, 0, 0)
        # An older kernel does not know of turns, a strict container refuses: then all are equal, as they were.
        ctypes.CDLL(None).syscall(_SET_ATTRIBUTES, task, wanted, 0)
