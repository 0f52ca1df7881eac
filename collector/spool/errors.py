"""What can go wrong with the spool: the world's faults, as a small tree under `SpoolError`.

SpoolError
├── SpoolFull     no room, or too much is waiting: 503 and `Retry-After`; nothing was accepted
├── SpoolFault    the disk refused a write or a sync: 503; nothing was accepted
├── SpoolClosed   the process is going down: 503
├── SpoolHeld     another process has this directory: the start stops
└── SpoolNewer    a newer release wrote this: nothing is guessed, nothing is dropped
"""

from __future__ import annotations

import errno

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class SpoolError(Exception):
    """Something is wrong with the spool; `str()` is a sentence for an operator and quotes no record."""


class SpoolFull(SpoolError):
    """There is no room for more: nothing was accepted, ask again later."""


class SpoolFault(SpoolError):
    """The disk failed: what was being appended is not acknowledged."""


class SpoolClosed(SpoolError):
    """The spool was closed: nothing is accepted any more."""


class SpoolHeld(SpoolError):
    """Another process holds the directory."""


class SpoolNewer(SpoolError):
    """A newer release wrote this file or record."""


def spool_error(fault: OSError) -> SpoolError:
    """Name the spool's error for what the operating system said."""
    name = errno.errorcode.get(fault.errno or 0, "unknown error")
    if fault.errno in NO_ROOM:
        return SpoolFull(f"no room left for the spool ({name})")
    return SpoolFault(f"the spool's disk failed ({name})")
