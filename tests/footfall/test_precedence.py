"""Who receives goes before who stores: what a thread asks for is what the kernel then says of it."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import threading
from collections.abc import Callable

import pytest

from footfall import precedence
from footfall.precedence import NICE, SLICE_NS, go_first, stand_back

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads have no niceness of their own elsewhere")

KNOWS_TURNS = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2]) >= (6, 12)
GET_ATTRIBUTES = {"x86_64": 315, "aarch64": 275}.get(platform.machine())


def in_a_thread(work: Callable[[], object]) -> tuple[int, int, int]:
    """Do it in a new thread; return the policy, the niceness and the turn in ns that it has afterwards."""
    told: list[tuple[int, int, int]] = []

    def run() -> None:
        work()
        told.append(attributes())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return told[0]


def attributes() -> tuple[int, int, int]:
    shape = precedence._ATTRIBUTES
    found = ctypes.create_string_buffer(shape.size)
    assert ctypes.CDLL(None).syscall(GET_ATTRIBUTES, 0, found, shape.size, 0) == 0
    _, policy, _, nice, _, turn_ns, _, _ = shape.unpack(found.raw)
    return policy, nice, turn_ns


def test_who_receives_gets_short_turns_and_keeps_its_niceness() -> None:
    policy, nice, turn_ns = in_a_thread(go_first)
    assert (policy, nice) == (os.SCHED_OTHER, os.getpriority(os.PRIO_PROCESS, 0))
    assert turn_ns == (SLICE_NS if KNOWS_TURNS else 0)


def test_who_stands_back_is_nice_and_has_turns_as_everybody() -> None:
    usual = in_a_thread(lambda: None)
    policy, nice, turn_ns = in_a_thread(lambda: (go_first(), stand_back()))
    assert (policy, nice, turn_ns) == (usual[0], NICE, usual[2])
    assert in_a_thread(lambda: None) == usual, "nobody else does"


def test_what_its_owner_made_nicer_still_stays_so() -> None:
    def nicer() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE + 5)
        go_first()
        stand_back()

    assert in_a_thread(nicer)[1] == NICE + 5


def test_a_thread_with_a_policy_of_its_own_is_left_alone() -> None:
    def batch() -> None:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        stand_back()

    assert in_a_thread(batch)[:2] == (os.SCHED_BATCH, os.getpriority(os.PRIO_PROCESS, 0))


def test_where_turns_cannot_be_asked_for_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = in_a_thread(lambda: None)
    monkeypatch.setattr(precedence, "_SET_ATTRIBUTES", None)
    assert in_a_thread(lambda: (go_first(), stand_back())) == usual
