"""The client's address: who sent this request, when some hops in between are proxies of ours.

In: the peer of the connection and the forwarding headers. Out: one address in canonical text, or empty.
Rule: from the peer leftwards, the first hop that is not in the trusted networks is the client. A header is read only
when the peer is trusted; `X-Forwarded-For` first, `Forwarded` (RFC 7239) where there is none. A hop that is no address
(`unknown`, `_hidden`, junk) ends the walk and the peer is taken: nobody can choose an address by writing nonsense.
Vendor headers (`CF-Connecting-IP` and the like) are never read: whoever can reach us could set them.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence

from collector.setting_values import Network

MAX_HOPS = 32
"""Entries looked at, from the right. A chain of proxies is shorter; a longer list is an attack."""
MAX_ENTRY = 128
_MAPPED = bytes(10) + b"\xff\xff"
_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^;\s]*)', re.IGNORECASE)


class Proxies:
    """The trusted networks, as ranges of packed addresses."""

    def __init__(self, networks: Sequence[Network]) -> None:
        ranges = [(n.network_address.packed, n.broadcast_address.packed) for n in networks]
        self._ranges = {size: tuple(two for two in ranges if len(two[0]) == size) for size in (0, 4, 16)}
        # A proxy on this machine is the common case: it need not be parsed for every event.
        self._loopback = {peer: self._covers(_packed(peer)) for peer in ("127.0.0.1", "::1")}

    def trusts(self, address: str) -> bool:
        """Say whether an address is one of our proxies."""
        known = self._loopback.get(address)
        return self._covers(_packed(address)) if known is None else known

    def client_of(self, peer: str, forwarded_for: str, forwarded: str) -> str:
        """Return the client's address; the header values are comma lists, several lines already joined."""
        if not (forwarded_for or forwarded) or not self.trusts(peer):
            return canonical(peer)
        hops = forwarded_for.split(",")[-MAX_HOPS:] if forwarded_for else _forwarded_hops(forwarded)
        packed = b""
        for hop in reversed(hops):
            packed = _hop(hop)
            if not packed:
                return canonical(peer)
            if not self._covers(packed):
                break
        return _text(packed)

    def _covers(self, packed: bytes) -> bool:
        for first, last in self._ranges[len(packed)]:  # noqa: SIM110 - any() costs three times as much, for every event
            if first <= packed <= last:
                return True
        return False


def canonical(entry: str) -> str:
    """Reduce one hop as written (`1.2.3.4:80`, `"[2001:db8::1]:443"`, `fe80::1%eth0`) to an address, or to nothing."""
    packed = _hop(entry)
    return _text(packed) if packed else ""


def _hop(entry: str) -> bytes:
    """Return the packed address of a hop as written; none for what is none, and for the unspecified address."""
    packed = _packed(entry.strip()) or _dressed(entry.strip().strip('"'))
    return packed if any(packed) else b""


def _dressed(entry: str) -> bytes:
    """Read an address with a port, brackets or a zone."""
    if len(entry) > MAX_ENTRY:
        return b""
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    return _packed(entry.partition("%")[0])


def _packed(address: str) -> bytes:
    """Return 4 or 16 bytes, or none. `inet_pton` is as strict as `ipaddress` and eight times as fast."""
    try:
        if ":" not in address:
            return socket.inet_pton(socket.AF_INET, address)
        packed = socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        return b""
    return packed[12:] if packed.startswith(_MAPPED) else packed


def _text(packed: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def _forwarded_hops(value: str) -> list[str]:
    """List the `for=` of each element; an element without one is a hop we cannot name, and so junk."""
    elements = value[-MAX_HOPS * MAX_ENTRY :].split(",")[-MAX_HOPS:]
    return [found.group(1) if (found := _FOR.search(element)) else "unknown" for element in elements]
