"""Prefix: the part of an address that a step is allowed to see.

In: the client's address as text. Out: a few of its leading bytes, canonical: an IPv4 address that travelled inside IPv6
(mapped, or NAT64) is IPv4 again.
Invariant: no step after this one is handed a whole address. It looks nothing up and keeps nothing.
"""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

MAPPED = b"\0" * 10 + b"\xff\xff"
"""::ffff:0:0/96, RFC 4291 2.5.5.2."""
NAT64 = b"\0\x64\xff\x9b" + b"\0" * 8
"""64:ff9b::/96, RFC 6052 2.1."""


def packed(address: str) -> bytes:
    """Read an address: 4 bytes, 16 bytes, or none when it is not one. A zone (`%eth0`) is ignored."""
    try:
        if ":" not in address:
            return inet_pton(AF_INET, address)
        whole = inet_pton(AF_INET6, address.partition("%")[0])
    except (OSError, ValueError):  # ValueError: a NUL in the text
        return b""
    return whole[12:] if whole[:12] in (MAPPED, NAT64) else whole


def truncated(address: str) -> str:
    """Cut an address for a look-up of its place: IPv4 to /24, IPv6 to /48; empty when it is none."""
    whole = packed(address)
    if len(whole) == 4:
        return inet_ntop(AF_INET, whole[:3] + b"\0")
    return inet_ntop(AF_INET6, whole[:6] + b"\0" * 10) if whole else ""
