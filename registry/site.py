"""Site: a website we count for, with its settings as an immutable value.

Field names are the keys of `footfall site set` (docs/settings.md); defaults are the `standard` preset.
What each key allows, and its help, stand in `site_settings.py`; `sites.py` stores and loads. The collector reads sites
from `snapshot.py`, never from the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

Mode = Literal["none", "daily", "hybrid", "consent_only"]
Signal = Literal["decline", "ignore"]
CookiesDisabled = Literal["decline", "count", "ignore"]
Denied = Literal["drop", "count", "daily"]
Pixel = Literal["off", "count"]
Place = Literal["none", "country", "region", "city"]
Props = Literal["open", "registered"]
LegalBasis = Literal["", "consent", "legitimate_interest", "exempt_measurement"]
AfterRetention = Literal["delete", "anonymise"]
State = Literal["active", "frozen", "deleting"]
CONSENT_MODES: tuple[Mode, ...] = ("hybrid", "consent_only")
"""Modes in which visitors are asked for their consent."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """One website. `host` is its canonical host: lower case, no `www.`, no port."""

    id: int
    host: str
    state: State = "active"
    name: str = ""
    timezone: str = "UTC"
    """IANA zone: where the site's day begins and ends."""
    preset: str = "standard"
    mode: Mode = "daily"
    gpc: Signal = "decline"
    dnt: Signal = "decline"
    cookies_disabled: CookiesDisabled = "decline"
    denied: Denied = "drop"
    pixel: Pixel = "off"
    place: Place = "country"
    hosts: tuple[str, ...] = ()
    """Further hosts that may send, `*.example.com` allowed; empty: the site's own and its `www.`."""
    first_party_only: bool = False
    keep_query: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    hash_routes: bool = False
    titles: bool = False
    referrer_paths: bool = False
    props: Props = "open"
    prop_keys: tuple[str, ...] = ()
    """The registered properties: where `props` is `registered`, no other is kept."""
    redact_props: tuple[str, ...] = ()
    retention_days: int = 760
    after_retention: AfterRetention = "delete"
    age_city_days: int = 0
    """After so many days a city is forgotten and its region stays; 0: never."""
    age_region_days: int = 0
    min_group: int = 5
    legal_basis: LegalBasis = ""
    controller: str = ""
    """Who is responsible, as the privacy notice names them."""
    contact: str = ""
    dpo: str = ""
    authority: str = ""
    hosting: str = ""
    """Where the data lies: a country, or the provider and its country."""
    show_audit: bool = False
    """Whether the visitor's page tells the result of the last self-audit."""
    alias: tuple[str, ...] = ()
    """Foreign site ids that mean this site (Umami's UUID, Matomo's number)."""
    allow_agents: tuple[str, ...] = ()
    frozen_until: datetime | None = None
    """When a frozen site is deleted for good (aware UTC); until then it can be restored."""


def site_of(settings: Mapping[str, object], **own: object) -> Site:
    """Build a Site of its row: `own` are the fields that are columns of their own.

    Settings of a newer release are passed over; those that the row does not know yet have their default.
    """
    return msgspec.convert({**settings, **own}, Site)
