"""HTTP: asks a Footfall, as a browser or a proxy would. No redirect is followed, and no other host is ever asked.

In: a base address with or without a path, a request. Out: status, headers, body; `Unreachable` in one sentence. It is
used for this installation's own address only: the one it listens on, or the one that somebody typed.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

SECONDS = 10.0
LOCAL = ("127.0.0.1", "::1", "localhost")


class Unreachable(Exception):
    """Nobody answered; `str()` says how that showed."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def cookies(self) -> list[str]:
        return self.headers.get_all("set-cookie") or []


class Door(msgspec.Struct, frozen=True):
    """One base address."""

    base: str

    @property
    def is_local(self) -> bool:
        return urlsplit(self.base).hostname in LOCAL

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or ""

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request. Raises Unreachable."""
        parts = urlsplit(self.base)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
        try:
            connection.request(method, parts.path.rstrip("/") + path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read(4 << 20))
        except ssl.SSLError as error:
            raise Unreachable(f"TLS fails ({error.reason or 'handshake'})") from None
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"no answer ({type(error).__name__})") from None
        finally:
            connection.close()
