"""Entry: one line of an access log, read. Memory only: never stored, never printed, like an Arrival.

A format (formats.py) fills it; pages.py says whether it is a page view; worker.py makes an Arrival of it. `shape` is
what may be remembered of it: when, with which answer, how long. Nothing in a shape is of a visitor.
"""

from __future__ import annotations

import msgspec

Shape = tuple[int, int, int]
"""Second, status, size."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one line says; what its format does not tell is empty."""

    at_ms: int
    method: str
    target: str
    """As requested: a path with its query, or a whole URL."""
    status: int
    size: int
    address: str
    agent: str | None = None
    """None: the format has no agent; empty: the client sent none."""
    referrer: str = ""
    host: str = ""
    content_type: str = ""
    language: str = ""
    gpc: bool = False
    dnt: bool = False
    is_prefetch: bool = False
    is_fragment: bool = False
    """A script asked for it, not a person's browser for a page."""

    @property
    def shape(self) -> Shape:
        return self.at_ms // 1000, self.status, self.size
