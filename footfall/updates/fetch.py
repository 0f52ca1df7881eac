"""Fetch: bring one file from a host that somebody named, and from no other.

In: a URL (or a directory of the same files, for machines without a way out), where to write, and limits. Out: the
file, or an `UpdateFault` in one line. A redirect is followed to the same host, and to others only where the caller
lists them; a name and a key never travel along. A proxy that the environment names is used, as everywhere.
It unpacks nothing and judges nothing.
"""

from __future__ import annotations

import base64
import shutil
import ssl
import time
from collections.abc import Sequence
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, NamedTuple
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from footfall import __version__

STEP_SECONDS = 30
"""Silence after which a host counts as gone."""
ALL_SECONDS = 900
CHUNK = 1 << 16
NOT_FOUND = 404


class UpdateFault(Exception):
    """Why there is no update: one line for the operator."""


class NotThere(UpdateFault):
    """The host answers, and has no such file."""


class SignIn(NamedTuple):
    """Who asks, for hosts that want to know (HTTP Basic)."""

    name: str
    key: str

    def __repr__(self) -> str:
        return f"SignIn({self.name!r}, …)"


class Limits(NamedTuple):
    """How much is too much."""

    max_bytes: int
    all_seconds: float = ALL_SECONDS


def fetch(
    base: str, name: str, to: Path, limits: Limits, sign_in: SignIn | None = None, via: Sequence[str] = ()
) -> str:
    """Bring `name` from below `base` into the new file `to`; return where it was. Raises UpdateFault.

    `via`: other hosts that a redirect may lead to.
    """
    if "://" not in base:
        return _copy(Path(base).expanduser() / name, to, limits)
    url = f"{base.rstrip('/')}/{name}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        shown = f"{parts.scheme}://{parts.hostname or ''}"
        raise UpdateFault(f"{shown} is no address to fetch from: it has to be http or https, with a host and no user")
    asked = request.Request(url, headers={"User-Agent": f"footfall/{__version__}"})  # noqa: S310  # scheme checked above
    if sign_in:
        told = base64.b64encode(f"{sign_in.name}:{sign_in.key}".encode()).decode("ascii")
        asked.add_unredirected_header("Authorization", f"Basic {told}")
    try:
        with _opener(parts.netloc, via).open(asked, timeout=STEP_SECONDS) as answer:
            _write(answer, to, limits, parts.hostname)
    except HTTPError as error:
        error.close()
        raise _told(error.code, parts.hostname, parts.path) from None
    except (URLError, HTTPException, TimeoutError, ConnectionError, ssl.SSLError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise UpdateFault(f"{parts.hostname} cannot be reached: {reason or type(error).__name__}") from None
    return url


class _Redirects(request.HTTPRedirectHandler):
    """Follows only to where the caller said."""

    def __init__(self, home: str, via: Sequence[str]) -> None:
        self._home = home
        self._hosts = frozenset((home, *via))

    def redirect_request(
        self, req: request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> request.Request | None:
        parts = urlsplit(newurl)
        is_weaker = req.type == "https" and parts.scheme != "https"
        if is_weaker or parts.netloc not in self._hosts:
            raise UpdateFault(f"{self._home} sends on to {parts.scheme}://{parts.hostname}, which was not asked for")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(home: str, via: Sequence[str]) -> request.OpenerDirector:
    """Open http and https only: urllib's own opener also reads files and FTP."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(context=ssl.create_default_context()),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        _Redirects(home, via),
    ):
        opener.add_handler(handler)
    return opener


def _write(answer: HTTPResponse, to: Path, limits: Limits, host: str) -> None:
    promised = answer.headers.get("Content-Length", "")
    if promised.isdecimal() and int(promised) > limits.max_bytes:
        raise UpdateFault(f"{host} offers {int(promised):,} bytes; more than {limits.max_bytes:,} cannot be right")
    until = time.monotonic() + limits.all_seconds
    size = 0
    with to.open("xb") as file:
        while chunk := answer.read1(CHUNK):
            size += len(chunk)
            if size > limits.max_bytes:
                raise UpdateFault(f"{host} sends more than {limits.max_bytes:,} bytes, which cannot be right")
            if time.monotonic() > until:
                raise UpdateFault(f"{host} takes longer than {limits.all_seconds:.0f} seconds")
            file.write(chunk)
    if promised.isdecimal() and size != int(promised):
        raise UpdateFault(f"{host} broke off after {size:,} of {int(promised):,} bytes")


def _copy(source: Path, to: Path, limits: Limits) -> str:
    try:
        if source.stat().st_size > limits.max_bytes:
            raise UpdateFault(f"{source} is larger than {limits.max_bytes:,} bytes, which cannot be right")
        shutil.copyfile(source, to)
    except FileNotFoundError:
        raise NotThere(f"{source} is not there") from None
    except OSError as error:
        raise UpdateFault(f"{source} cannot be read: {error.strerror}") from None
    return str(source)


def _told(code: int, host: str, path: str) -> UpdateFault:
    if code == NOT_FOUND:
        return NotThere(f"{host} has no {path}")
    if code in (401, 403):
        return UpdateFault(f"{host} refuses ({code}): is the account id right, and the key still good?")
    if code == 429:
        return UpdateFault(f"{host} refuses (429): too many downloads today, try again tomorrow")
    return UpdateFault(f"{host} answered {code} for {path}")
