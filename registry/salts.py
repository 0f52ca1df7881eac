"""Salts: 32 random bytes per site and local day, with which a visitor's number is made; then destroyed for good.

In: a site's number and its local day. Out: the salt, the same for every process that shares the place; asking for a new
day destroys every older salt of the site at once. Never derived from anything, never in a database, a backup, an
environment variable or a log. Three places: a directory in memory, this process, or a Redis that keeps nothing on
disk. Whoever holds a salt in memory looks again every second (Redis: five), so "forget now" reaches every process.
Python cannot wipe a `bytes` object: what a process held is gone when its memory is used again.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from registry.errors import SaltsRefused
from registry.salt_files import NEIGHBOUR, SALT_BYTES, SaltFiles, is_in_memory

FILES_LOOK_AGAIN_SECONDS = 1.0
REDIS_LOOK_AGAIN_SECONDS = 5.0
REDIS_LIFE_SECONDS = 91_800
"""25.5 hours: the longest local day (25 h, when summer time ends) and a margin for clocks."""

RUNTIME = Path("/run/footfall")
# Anyone may write there: what we use in it is checked to be ours alone.
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # nosec B108

REDIS_OBTAIN = """
return redis.call('get', KEYS[1])
    or redis.call('set', KEYS[2], ARGV[1], 'NX', 'EX', ARGV[2]) and ARGV[1]
    or redis.call('get', KEYS[2])
"""
"""The next day's salt if there is one, else this day's, made if need be: in one step, or a process that is late at
midnight could bring the old day back."""


class Place(Protocol):
    """Where salts are: each call is complete in itself and safe against other processes."""

    def obtain(self, site_id: int, day: date) -> bytes: ...
    def destroy(self, site_id: int, *, but: date | None = None) -> None: ...
    def sites(self) -> Iterable[int]: ...


class Salts:
    """What the collector asks. Safe to share between threads; the usual case is one look into a dict."""

    def __init__(
        self,
        place: Place,
        name: str,
        *,
        is_shared: bool = True,
        look_again_seconds: float = FILES_LOOK_AGAIN_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place = place
        self._look_again_seconds = look_again_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._held: dict[int, tuple[date, bytes, float]] = {}
        self._expired_for: dict[int, date] | None = None
        self.name = name
        """Where they are, for a person: `memory`, `redis`, or the directory."""
        self.is_shared = is_shared
        """Whether other processes get the same salts; when not, there may be one worker only."""

    def today(self, site_id: int, day: date) -> bytes:
        """Return the salt of a site for its local day; raise `SaltsRefused` when the place is away."""
        held = self._held.get(site_id)
        if held is not None and held[0] == day and self._monotonic() < held[2]:
            return held[1]
        with self._lock:
            salt = self._place.obtain(site_id, day)
            self._held[site_id] = (day, salt, self._monotonic() + self._look_again_seconds)
        return salt

    def destroy(self, site_id: int) -> None:
        """Forget now: the next event of the site is counted with a new salt."""
        with self._lock:
            self._held.pop(site_id, None)
            self._place.destroy(site_id)

    def expire(self, days: Mapping[int, date]) -> None:
        """Destroy what is not of today, `days` being today's local day of every site there is.

        A site without events after midnight would otherwise keep yesterday's salt; call this every second or so.
        """
        if days == self._expired_for:
            return
        with self._lock:
            for site_id in [number for number, held in self._held.items() if days.get(number) != held[0]]:
                del self._held[site_id]
            for site_id in self._place.sites():
                self._place.destroy(site_id, but=days.get(site_id))
        self._expired_for = dict(days)


def open_salts(spec: str, data_dir: Path) -> Salts:
    """Open the place that `FOOTFALL_SALTS` names; raise `SaltsRefused` when it cannot keep the promise.

    `auto`: a directory of this installation in /run/footfall or /dev/shm when that is tmpfs, else this process.
    """
    kind, colon, rest = spec.partition(":")
    if kind == "auto":
        return _open_auto(data_dir)
    if kind == "memory":
        return Salts(SaltMemory(), "memory", is_shared=False)
    if kind == "dir" and colon and rest.startswith("/"):
        if not is_in_memory(Path(rest)):
            raise SaltsRefused(f"FOOTFALL_SALTS: {rest} is on a disk; name a directory on tmpfs, or take memory:")
        return Salts(SaltFiles(Path(rest)), rest)
    if kind in ("redis", "rediss", "unix"):
        return Salts(_open_redis(spec), "redis", look_again_seconds=REDIS_LOOK_AGAIN_SECONDS)
    raise SaltsRefused("FOOTFALL_SALTS must be auto, dir:/path, memory: or redis://host:port/0")


def _open_auto(data_dir: Path) -> Salts:
    mark = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
    places = (RUNTIME / f"salts-{mark}", SHARED_MEMORY / f"footfall-{os.geteuid()}-{mark}")
    for place in places:
        if place.parent.is_dir() and is_in_memory(place.parent) and os.access(place.parent, os.W_OK | os.X_OK):
            return Salts(SaltFiles(place), str(place))
    return Salts(SaltMemory(), "memory", is_shared=False)


class SaltMemory:
    """Salts in this process alone: gone when it ends, so visitors are counted twice on a day of a restart."""

    def __init__(self) -> None:
        self._salts: dict[int, tuple[date, bytes]] = {}

    def obtain(self, site_id: int, day: date) -> bytes:
        self.destroy(site_id, but=day)
        return self._salts.setdefault(site_id, (day, os.urandom(SALT_BYTES)))[1]

    def destroy(self, site_id: int, *, but: date | None = None) -> None:
        kept = self._salts.get(site_id, (None, b""))[0]
        if but is None or kept not in (but, but + NEIGHBOUR):
            self._salts.pop(site_id, None)

    def sites(self) -> Iterable[int]:
        return list(self._salts)


class SaltRedis:
    """Salts in a Redis that keeps nothing on disk, for several machines. One Redis database for one installation."""

    def __init__(self, client: Any, fault: type[Exception]) -> None:
        """Take a client, and the class of what it raises; refuse a server that writes to disk."""
        self._redis = client
        self._fault = fault
        with self._told():
            told = client.config_get("save", "appendonly")
        if told.get("save") != "" or told.get("appendonly") != "no":
            raise SaltsRefused("FOOTFALL_SALTS: this Redis writes to disk; run one with --save '' --appendonly no")

    def obtain(self, site_id: int, day: date) -> bytes:
        keys = (_redis_key(site_id, day + NEIGHBOUR), _redis_key(site_id, day))
        fresh = os.urandom(SALT_BYTES)
        with self._told():
            salt = bytes(self._redis.eval(REDIS_OBTAIN, len(keys), *keys, fresh, REDIS_LIFE_SECONDS))
        if salt == fresh:
            self.destroy(site_id, but=day)
        return salt

    def destroy(self, site_id: int, *, but: date | None = None) -> None:
        spared = set() if but is None else {_redis_key(site_id, day).encode() for day in (but, but + NEIGHBOUR)}
        with self._told():
            old = [key for key in self._redis.scan_iter(_redis_key(site_id, "*")) if key not in spared]
            if old:
                self._redis.delete(*old)

    def sites(self) -> Iterable[int]:
        with self._told():
            return {int(key.split(b":")[2]) for key in self._redis.scan_iter(_redis_key("*", "*"))}

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn a fault into one sentence that quotes no address (it may hold a password)."""
        try:
            yield
        except self._fault as error:
            raise SaltsRefused(f"FOOTFALL_SALTS: the Redis does not answer ({type(error).__name__})") from None


def _open_redis(url: str) -> SaltRedis:
    try:
        import redis
    except ImportError:
        raise SaltsRefused("FOOTFALL_SALTS: redis:// needs its package: pip install 'footfall[redis]'") from None
    client = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=2.0)
    return SaltRedis(client, redis.RedisError)


def _redis_key(site_id: int | str, day: date | str) -> str:
    return f"footfall:salt:{site_id}:{day}"
