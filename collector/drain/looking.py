"""Since when the store's server has been up, and what is to be done since it began anew: one small file.

In: what a server says of itself, every few seconds. Out: whether it was restarted, which it may have been while nobody
here was running, so what is known is written down (`rewind.note`, in the first spool directory). Several servers may
answer by turns: each is known by its name. A name that is new is a machine that was replaced, if it began after we last
looked. The difference of two clocks that tell whole seconds jitters: two seconds are no restart.
What was written down before a rewind begins stays until that has ended: no crash forgets one.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from clickhouse.witness import Up
from collector.drain.intent import replace_note

NOTE = "rewind.note"
JITTER_SECONDS = 2
DRIFT_SECONDS = 1
"""A clock that is set right little by little moves the beginning: it is noted anew before it looks like a restart."""

Spans = dict[int, tuple[int, int]]
"""Site -> first and last moment, in ms."""


class Rewinding(msgspec.Struct, frozen=True):
    """A rewind that has begun: its number is in the tokens of what it sends."""

    number: int
    order: int = 0
    """The order that asked for it; 0: a server was restarted."""
    stored: int = 0
    spans: Spans = {}
    """What is not in the store, or was not, noted before it is sent."""


class Rewound(msgspec.Struct, frozen=True):
    """A rewind that has ended: how many rows were looked for, and how many stored again."""

    order: int
    looked: int
    stored: int


class Page(msgspec.Struct, frozen=True):
    """What is known."""

    up: dict[str, tuple[int, int]] = {}
    """Server -> when it began, by its own clock, and how long it was up when it was asked last."""
    looked: int = 0
    """The latest that any server's clock has said."""
    numbers: int = 0
    """How many rewinds have begun."""
    horizon: int = 0
    """Lines of journals up to this moment (ns) are not whole any more: others of that time are deleted."""
    rewinding: Rewinding | None = None
    rewound: Rewound | None = None

    def has_restarted(self, told: Up) -> bool:
        """Say whether this server began anew since it, or any, was asked last."""
        began = told.now - told.seconds
        if told.host in self.up:
            before, seconds = self.up[told.host]
            return told.seconds < seconds or began > before + JITTER_SECONDS
        return bool(self.up) and began > self.looked - JITTER_SECONDS

    def after(self, told: Up) -> Page:
        up = {**self.up, told.host: (told.now - told.seconds, told.seconds)}
        return replace(self, up=up, looked=max(self.looked, told.now))

    def begun(self, order: int = 0) -> Page:
        """Begin a rewind; one that has begun goes on under its number, from its beginning."""
        if self.rewinding is not None:
            return replace(self, rewinding=replace(self.rewinding, order=order or self.rewinding.order))
        return replace(self, numbers=self.numbers + 1, rewinding=Rewinding(self.numbers + 1, order))


class Book:
    """Where the page is written down. One that is damaged is begun anew, with a rewind: that does no harm."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NOTE
        self.page = self._read()
        self._written = self.page

    def know(self, page: Page) -> None:
        """Take up what is as well known again after a restart: write it down only when it has moved."""
        began = {host: began for host, (began, _) in self._written.up.items()}
        has_moved = any(abs(now_began - began.get(host, 0)) > DRIFT_SECONDS for host, (now_began, _) in page.up.items())
        if has_moved:
            self.write(page)
        self.page = page

    def write(self, page: Page) -> None:
        """Return when it would survive a power cut. Raises OSError; then it is as it was."""
        replace_note(self._path, msgspec.msgpack.encode(page))
        self.page = self._written = page

    def _read(self) -> Page:
        try:
            return msgspec.msgpack.decode(self._path.read_bytes(), type=Page)
        except FileNotFoundError:
            return Page()
        except msgspec.MsgspecError:
            return Page().begun()
