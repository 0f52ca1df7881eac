"""Whereabouts: the server leaves its address in the data directory, where the verbs of the command line find it.

In: the directory, the address. Out: a small file for as long as the server runs, and for whoever asks the address of a
server that is alive. `--port` is known to the server alone, so a tag printed by another process would name the wrong
one. A file of a process that is gone counts for nothing, and only its writer takes it away.
"""

from __future__ import annotations

import os
from pathlib import Path

from collector.setting_values import Listen
from footfall.private import write_private

NAME = "address"
ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nosec B104  # asked as loopback


def own_address(listen: Listen) -> str:
    """Return where a server that listens there can be asked from this machine, as one would type it."""
    host = ANYWHERE.get(listen.host, listen.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{listen.port}"


def leave_address(data: Path, url: str) -> None:
    """Write where this process listens; a directory that cannot be written to is none of our business here."""
    try:
        fresh = data / f"{NAME}.{os.getpid()}"
        write_private(fresh, f"{os.getpid()} {url}\n".encode())
        fresh.replace(data / NAME)
    except OSError:
        return


def take_address_away(data: Path) -> None:
    """Remove the file, if it is ours."""
    if _read(data)[0] == os.getpid():
        (data / NAME).unlink(missing_ok=True)


def address_in(data: Path) -> str | None:
    """Return where a server that runs on this directory listens."""
    pid, url = _read(data)
    return url if pid and _is_alive(pid) else None


def _read(data: Path) -> tuple[int, str]:
    try:
        pid, _, url = (data / NAME).read_text("utf-8").strip().partition(" ")
    except (OSError, UnicodeDecodeError):
        return 0, ""
    return (int(pid), url) if pid.isascii() and pid.isdecimal() and url.startswith("http://") else (0, "")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's, but it runs
    return True
