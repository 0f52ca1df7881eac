"""Rights: what a visitor may do about his own records, by who he is today or by the cookie he holds.

In: a site, and the sender of a request or a cookie's value. Out: a signed `Receipt`, once the demand is safe in the
spool; the records of a cookie; a request in the registry's queue. Acting is blind: nothing is looked up, the answer is
the same whether a thousand events match or none, and what it does happens later, in the drain (drain/fulfilment.py).
Showing needs possession: a cookie that only this browser has. Invariant: a visitor's number goes into the spool and
nowhere else. It draws no page (acting.py and screen.py do).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Protocol

import msgspec

from clickhouse.amend import Act
from clickhouse.client import Store
from clickhouse.recorded import recorded_events
from collector.distill import Tools
from collector.distill.visitor import NOBODY, consented_number, local_day, number, shown_number
from collector.privacy.say import Receipt
from collector.sender import Sender
from collector.spool.record import SCHEMA, KeptDemand, encode_demand
from collector.tally import Keep
from collector.vid import is_vid
from registry.requests import Channel
from registry.site import Site

VERSION = 1
SCOPES = {
    "today": "this site, today, this network address and browser version",
    "held": "this site, today, this network address and browser version; restricted, not erased: a legal hold applies",
    "cookie": "this site, the events of the cookie that was shown",
    "cookie_held": "this site, the events of the cookie that was shown; restricted, not erased: a legal hold applies",
    "request": "a request to the people of this site",
}


class Queue(Protocol):
    """Where requests wait for a person (registry/requests.py)."""

    def add(
        self, ref: str, site_id: int | None, host: str, kind: str, message: str, reply_to: str,
        *, receipt_sha256: str, channel: Channel = "page", at: datetime | None = None,
    ) -> object: ...  # fmt: skip


class VisitorRights:
    """The machinery behind the visitor's buttons; `say.Rights` is its face.

    `keep` makes records durable; `is_held` says whether a legal hold covers a site's day: then nothing is erased there.
    """

    def __init__(
        self,
        *,
        tools: Tools,
        keep: Keep,
        store: Store,
        requests: Queue,
        secret: bytes,
        is_held: Callable[[int, date | None], bool] = lambda _site_id, _day: False,
        policy_version: Callable[[Site], str] = lambda _site: "1",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._tools = tools
        self._keep = keep
        self._store = store
        self._requests = requests
        self._secret = secret
        self._is_held = is_held
        self._policy_version = policy_version
        self._now = now

    async def erase_today(self, site: Site, sender: Sender) -> Receipt:
        """Erase, blindly, what was recorded today for this address and browser. Raises SpoolError: nothing was done."""
        return await self._today(site, sender, "erase")

    async def restrict_today(self, site: Site, sender: Sender) -> Receipt:
        """Move, blindly, today's events of this address and browser to where nothing is counted."""
        return await self._today(site, sender, "restrict")

    async def correct_today(self, site: Site, sender: Sender) -> Receipt:
        """Forget, blindly, the place of today's events of this address and browser: “the country is wrong”."""
        return await self._today(site, sender, "unknown_country")

    async def begin_showing(self, site: Site) -> str:  # noqa: ARG002 - one cookie a host, whatever the site
        """Return a new value for the show-me cookie: 128 random bits."""
        return secrets.token_urlsafe(16)

    async def end_showing(self, site: Site, cookie: str) -> None:
        """Take the mark of this cookie off the events that have it."""
        if pepper := self._tools.pepper(site.id):
            await self._demand(site, "blank_dsr", "dsr", shown_number(cookie, pepper))

    async def recorded(self, site: Site, cookie: str) -> list[dict[str, str]]:
        """Return the events of this cookie, exactly and oldest first. Raises StoreError: ask again later."""
        whose, mark = self._owner(site, cookie)
        if mark == NOBODY:
            return []
        return await asyncio.to_thread(recorded_events, self._store, site.id, mark, by_dsr=whose == "dsr")

    async def erase_shown(self, site: Site, cookie: str) -> Receipt:
        """Erase exactly the events of this cookie, of all days."""
        whose, mark = self._owner(site, cookie)
        held = await asyncio.to_thread(self._is_held, site.id, None)
        if mark != NOBODY:
            await self._demand(site, "erase_later" if held else "erase", whose, mark)
        return self._receipt(site, "restrict" if held else "erase", "cookie_held" if held else "cookie")

    async def ask(self, site: Site, kind: str, message: str, reply_to: str, *, forwarded: bool = False) -> Receipt:
        """Put a request into the queue of the site's people. Raises RegistryError.

        `forwarded`: it was made on the operator's host about another one; `site.id` 0: no site here has that host.
        """
        receipt = self._receipt(site, kind, "request")
        digest = hashlib.sha256(msgspec.json.encode(receipt)).hexdigest()
        channel: Channel = "operator" if forwarded or not site.id else "page"

        def add() -> None:
            self._requests.add(
                receipt.ref, site.id or None, site.host, kind, message, reply_to, receipt_sha256=digest, channel=channel
            )

        await asyncio.to_thread(add)
        return receipt

    async def _today(self, site: Site, sender: Sender, act: Act) -> Receipt:
        today = local_day(int(self._now() * 1000), site.timezone)
        held = act == "erase" and await asyncio.to_thread(self._is_held, site.id, today)
        done: Act = "restrict" if held else act
        mark = number(site.id, sender.address, sender.agent, self._tools.salt(site.id, today))
        if mark != NOBODY:
            await self._demand(site, "erase_later" if held else act, "day", mark)
        return self._receipt(site, done, "held" if held else "today")

    async def _demand(self, site: Site, act: str, whose: str, mark: int) -> None:
        await self._keep([demand_of(site.id, act, whose, mark, int(self._now() * 1000))])

    def _owner(self, site: Site, cookie: str) -> tuple[str, int]:
        pepper = self._tools.pepper(site.id)
        return owner_of(cookie, pepper) if pepper else ("dsr", NOBODY)

    def _receipt(self, site: Site, kind: str, scope: str) -> Receipt:
        at = datetime.fromtimestamp(int(self._now()), UTC).isoformat().replace("+00:00", "Z")
        version = self._policy_version(site)
        plain = Receipt(VERSION, site.host, kind, at, SCOPES[scope], version, secrets.token_hex(8), "")
        return msgspec.structs.replace(plain, sig=signature_of(plain, self._secret))


def owner_of(cookie: str, pepper: bytes) -> tuple[str, int]:
    """Return whose events a cookie proves to be his: of which kind its number is, and the number."""
    return ("cookie", consented_number(cookie, pepper)) if is_vid(cookie) else ("dsr", shown_number(cookie, pepper))


def demand_of(site_id: int, act: str, whose: str, mark: int, until_ms: int) -> bytes:
    """Write a demand as the spool keeps it; it is about what was received up to `until_ms`."""
    return encode_demand(KeptDemand(SCHEMA, site_id, act, whose, mark, until_ms, secrets.token_bytes(8)))


def signature_of(receipt: Receipt, secret: bytes) -> str:
    """Return what `sig` of a receipt of this installation is."""
    told = msgspec.json.encode(msgspec.structs.replace(receipt, sig=""), order="sorted")
    return hmac.new(secret, b"footfall rights receipt" + told, "sha256").hexdigest()


def is_ours(receipt: Receipt, secret: bytes) -> bool:
    """Say whether this installation gave that receipt."""
    return hmac.compare_digest(receipt.sig, signature_of(receipt, secret))
