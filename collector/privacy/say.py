"""What the visitor's pages ask of the rights' machinery, and the receipt it gives back. A leaf: it imports no page.

`rights.py` does it, `acting.py` asks for it, `receipt.py` shows the receipt. Protective actions are blind: they reach
today's number of this address and browser, and answer alike whether or not there was anything. What is shown of the
past is shown to whoever holds a cookie, and to nobody by address and browser.
Invariant: a `Receipt` has no field for a count, so no page can tell one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from collector.sender import Sender
from registry.requests import Kind
from registry.site import Site

KINDS: tuple[Kind, ...] = (
    "complaint",
    "access",
    "rectification",
    "erasure",
    "restriction",
    "portability",
    "objection",
)
"""What a visitor may ask a person for, in the order of the form."""


class Receipt(msgspec.Struct, frozen=True):
    """Proof for the visitor that something was asked for; it names nobody and counts nothing."""

    v: int
    site: str
    """Host of the site."""
    kind: str
    at: str
    """RFC 3339, UTC."""
    scope: str
    policy_version: str
    ref: str
    """Random."""
    sig: str


class Rights(Protocol):
    """The machinery. `cookie` is the value of the show-me cookie, or of the consented visitor's cookie."""

    async def erase_today(self, site: Site, sender: Sender) -> Receipt:
        """Erase, blindly, what was recorded today for this address and browser."""
        ...

    async def restrict_today(self, site: Site, sender: Sender) -> Receipt:
        """Keep, blindly, today's records of this address and browser, and use them for nothing."""
        ...

    async def correct_today(self, site: Site, sender: Sender) -> Receipt:
        """Forget, blindly, the place of today's records of this address and browser."""
        ...

    async def begin_showing(self, site: Site) -> str:
        """Return a new value for the show-me cookie."""
        ...

    async def end_showing(self, site: Site, cookie: str) -> None:
        """Forget which events belong to this show-me cookie."""
        ...

    async def recorded(self, site: Site, cookie: str) -> Sequence[dict[str, str]]:
        """Return the events of this cookie, exactly and oldest first."""
        ...

    async def erase_shown(self, site: Site, cookie: str) -> Receipt:
        """Erase exactly the events of this cookie."""
        ...

    async def ask(self, site: Site, kind: str, message: str, reply_to: str, *, forwarded: bool = False) -> Receipt:
        """Keep a request for a person to answer. `site.id` 0: no site of ours has `site.host`; the operator gets it.

        `forwarded`: it was made on a host that is no site's, about one that is.
        """
        ...
