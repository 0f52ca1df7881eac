"""What may be logged: where something failed and of what kind, never with what.

In: exceptions. Out: lines that name the type, file, line and function. An exception's message is left out, always: it
quotes what it choked on (a decoder quotes the payload, a `KeyError` the key), and that may be a visitor's.
`set_up` installs this for the whole process: our own loggers at the wanted level, everybody else's at errors only,
without their tracebacks' messages; also for the event loop's, the threads' and the interpreter's own complaints.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

OUR_ROOMS = ("clickhouse", "collector", "dashboard", "footfall", "registry")
Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

log = logging.getLogger(__name__)


def describe(error: BaseException) -> str:
    """Say what failed where, as `ValueError at collector/tally.py:57 in local_day`."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    file = "/".join(last.filename.split("/")[-2:])
    return f"{type(error).__name__} at {file}:{last.lineno} in {last.name}"


def report(error: BaseException) -> None:
    """Log a programming mistake: it was answered with a 500, and nothing of the request is told."""
    log.error("unexpected %s", describe(error))


class QuietFormatter(logging.Formatter):
    """One line for a record; the way to an exception is shown by places only."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)

    def formatException(self, ei: Raised) -> str:  # noqa: N802 - the name is logging's
        return describe(ei[1]) if ei[1] is not None else ""


def set_up(level: str) -> None:
    """Send every log line of this process through the formatter, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(QuietFormatter())
    # A library may have set a level of its own (urllib3 warns with whole addresses): so the handler asks, too.
    handler.addFilter(lambda record: record.levelno >= logging.ERROR or record.name.partition(".")[0] in OUR_ROOMS)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.ERROR)
    for room in OUR_ROOMS:
        logging.getLogger(room).setLevel(level.upper())
    for other in ("asyncio", "uvicorn", "uvicorn.error"):
        # A level of its own: without one, a root at DEBUG would make these tell addresses and arguments.
        logging.getLogger(other).setLevel(logging.ERROR)
    threading.excepthook = _report_from_thread
    sys.unraisablehook = _report_unraisable


def quiet_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Make a loop report what nobody caught by kind and place: its own words would repeat arguments."""
    loop.set_exception_handler(_report_from_loop)


def _report_from_loop(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    log.error("uncaught in the event loop: %s", describe(error) if error else "no exception")


def _report_from_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        log.error("a thread ended by %s", describe(args.exc_value))


def _report_unraisable(args: sys.UnraisableHookArgs) -> None:
    if args.exc_value is not None:
        log.error("could not raise %s", describe(args.exc_value))
