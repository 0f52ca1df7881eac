"""The machine: geography (A20), connections and page policies (A21), the process and its host (A25).

In: a Yard, /proc. Out: findings. The probe of geography puts a reader in the file's place that notes what it is asked.
Connections are this process's own: it is the server when one runs. What /proc does not tell here is SKIP.
"""

from __future__ import annotations

import ipaddress
import os
import resource
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from clickhouse.examine import places_of
from collector.distill.place import country_of_zones, place_of
from footfall.audit.finding import Finding, failed, listed, passed, skipped, warned
from footfall.audit.live import pages_have_policies
from footfall.audit.yard import Yard

LADDER = ("none", "country", "region", "city")
ESTABLISHED = "01"
PROBES = {"203.0.113.77": "203.0.113.0", "2001:db8:1:2:3:4:5:6": "2001:db8:1::"}


class Spy:
    """Stands where the geography file stands, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, address: str) -> object:
        self.asked.append(address)
        return None


def places_are_rough(yard: Yard) -> Finding:
    """A20."""
    spy = Spy()
    for address in PROBES:
        place_of(address, "", "city", spy, country_of_zones())
    if spy.asked != list(PROBES.values()):
        return failed("the geography file is asked with more of an address than its network", "report it: do not serve")
    finer = []
    for site, counts in places_of(yard.store).items():
        place = next((each.place for each in yard.sites if each.id == site), None)
        if place is not None and any(counts[LADDER.index(place) :]):
            finer.append(f"site {site}")
    told = f"the file is asked with {' and '.join(spy.asked)} only (/24 and /48)"
    if finer:
        return warned(
            f"{told}; {listed(finer)}: older events are placed more finely than the site asks today",
            "age_city_days and age_region_days let the nights forget it",
        )
    return passed(f"{told}; no site has events that are placed more finely than it asks")


def nothing_is_sent_out(yard: Yard) -> Finding:
    """A21."""
    bare = pages_have_policies(yard.probe.seen)
    if bare:
        return failed(
            f"pages without a policy that forbids foreign content: {listed(bare)}",
            "the proxy must pass Content-Security-Policy on",
        )
    connections = own_connections()
    if connections is None:
        return skipped("this system does not tell connections (/proc/net/tcp); block egress in the firewall")
    listens = yard.settings.listen.port
    strangers = sorted(
        {
            remote
            for local, remote, port in connections
            if local != listens and not is_expected(remote, port, expected(yard))
        }
    )
    if strangers:
        return failed(
            f"open connections to {len(strangers)} places that no setting names",
            "look at `ss -tnp`; Footfall itself asks nobody but store, registry and salts",
        )
    pages = f"; {len(yard.probe.seen)} routes: every page forbids foreign content" if yard.probe.seen else ""
    which = "the server" if yard.is_serving else "this process (no server runs here)"
    return passed(f"{which} has no open connection but to visitors and to what its settings name{pages}")


def expected(yard: Yard) -> set[int]:
    """Return the ports of store, registry and salts, as their settings name them."""
    told = [urlsplit(text) for text in (yard.settings.store, yard.settings.registry, yard.settings.salts)]
    defaults = {"clickhouse": 8123, "clickhouses": 8443, "postgresql": 5432, "redis": 6379, "rediss": 6379}
    ports = set()
    for parts in told:
        kind = parts.scheme.partition("+")[0]
        if kind in defaults:
            named = parts.netloc.rpartition("@")[2].split(",")
            ports |= {
                int(host.rpartition(":")[2]) if host.rpartition(":")[2].isdigit() else defaults[kind] for host in named
            }
    return ports


def is_expected(remote: str, port: int, ports: set[int]) -> bool:
    return port in ports or ipaddress.ip_address(remote).is_loopback


def own_connections() -> list[tuple[int, str, int]] | None:
    """Return (local port, remote address, remote port) of this process's open connections; None: cannot be told."""
    try:
        links = {os.readlink(link) for link in _links()}
        lines = [line for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    except OSError:
        return None
    ours = {link[8:-1] for link in links if link.startswith("socket:[")}
    return list(read_connections(lines, ours))


def _links() -> Iterator[str]:
    for number in os.listdir("/proc/self/fd"):
        link = f"/proc/self/fd/{number}"
        if os.path.islink(link):
            yield link


def read_connections(lines: Iterable[str], ours: set[str]) -> Iterator[tuple[int, str, int]]:
    """Read lines of /proc/net/tcp and tcp6: those that are established, of the sockets `ours`."""
    for line in lines:
        words = line.split()
        if words[3] == ESTABLISHED and words[9] in ours:
            remote, port = words[2].split(":")
            raw = b"".join(bytes.fromhex(remote[at : at + 8])[::-1] for at in range(0, len(remote), 8))
            address = ipaddress.ip_address(raw)
            mapped = getattr(address, "ipv4_mapped", None)
            yield int(words[1].split(":")[1], 16), str(mapped or address), int(port, 16)


def host_is_hardened(yard: Yard) -> Finding:
    """A25."""
    if not yard.is_serving:
        return skipped(
            "no server runs here: its process cannot be looked at (core dumps, user); run the audit beside it"
        )
    if resource.getrlimit(resource.RLIMIT_CORE)[0] != 0:
        return failed(
            "core dumps are on: one may hold addresses", "set RLIMIT_CORE=0 (the server does so at its start)"
        )
    told = []
    if os.geteuid() == 0:
        told.append("it runs as root")
    if has_swap():
        told.append("swap is on: memory may reach a disk")
    if not os.statvfs("/").f_flag & os.ST_RDONLY:
        told.append("the root file system can be written")
    if told:
        return warned(
            f"core dumps are off and there is no access log; but {listed(told)}",
            "a user of its own, encrypted swap or none, and a read-only container, as in docker-compose.yml",
        )
    return passed("core dumps off, no access log, no swap, read-only root, not root")


def has_swap() -> bool:
    try:
        return len(Path("/proc/swaps").read_text().splitlines()) > 1
    except OSError:
        return False
