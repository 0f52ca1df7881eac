"""What a setting's text may be, and the value it means: one parser for each kind of setting.

In: the text of a variable or of a toml key, stripped. Out: the value, or `ValueError`, which settings.py turns into a
line that names the setting. A parser looks at nothing but its text: no file is opened, no host is asked.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
LOG_LEVELS = ("debug", "info", "warning", "error")


class Listen(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    def is_loopback(self) -> bool:
        return self.host in LOOPBACK_NAMES or self.host.startswith("127.")


def path(text: str) -> Path:
    if not text or "\x00" in text:
        raise ValueError
    return Path(text).expanduser().absolute()


def optional_path(text: str) -> Path | None:
    return path(text) if text else None


def one_of(pattern: str) -> Callable[[str], str]:
    known = re.compile(pattern, re.IGNORECASE)

    def parse(text: str) -> str:
        if not known.fullmatch(text):
            raise ValueError
        return text

    return parse


def base_url(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ValueError
    if text and (parts.username or not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*/?", parts.path)):
        raise ValueError
    return text.rstrip("/")


def networks(text: str) -> tuple[Network, ...]:
    found = tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    if any(network.prefixlen == 0 for network in found):
        raise ValueError  # the whole internet is not a proxy: anyone could then choose an address
    return found


def listen(text: str) -> Listen:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError
    return Listen(host.strip("[]"), int(port))


def count(text: str) -> int:
    if not text.isdecimal() or int(text) > 1_000_000_000:
        raise ValueError
    return int(text)


def level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise ValueError
    return text.lower()
