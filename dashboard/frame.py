"""Frame: what surrounds every page of someone who is signed in. Sites to switch to, pages of a site, the way out.

In: a person, the sites they may see, the site and the page that are open. Out: links. What this person may not open
is not offered; that alone protects nothing (access.py does). Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from dashboard import words
from dashboard.controls import Choice
from dashboard.people import Act, Person
from registry.site import Site

Room = Literal[
    "report", "realtime", "features", "goals", "funnels", "journeys", "hours", "engagement", "vitals", "retention",
    "refused", "leaks", "privacy", "settings", "people", "keys", "shares", "looks", "requests", "export", "",
]  # fmt: skip
MOST_SITES = 30
"""In the menu; the page of all sites has the rest."""


class Place(msgspec.Struct, frozen=True):
    """A page of a site in the navigation, and what one must be allowed to do to see it there."""

    room: Room
    needs: Act = "look"


_ROW: tuple[Room, ...] = ("report", "realtime", "features", "goals", "funnels", "journeys")
_MENU: tuple[Room, ...] = ("hours", "engagement", "vitals", "retention", "refused", "privacy")
IN_A_ROW = tuple(map(Place, _ROW))
IN_A_MENU = (
    *map(Place, _MENU),
    Place("leaks", "audit"),
    Place("settings", "configure"),
    Place("people", "people"),
    Place("keys", "configure"),
    Place("shares", "share"),
    Place("looks", "audit"),
    Place("requests", "rights"),
    Place("export", "export"),
)


class Frame(msgspec.Struct, frozen=True):
    """The head of a page."""

    person: str
    """Whom it says is signed in; empty for the guest of a demo."""
    sign_out: str
    site: str = ""
    sites: tuple[Choice, ...] = ()
    nav: tuple[Choice, ...] = ()
    """Pages of the site that stand in a row, most used first."""
    more: tuple[Choice, ...] = ()
    """The others, in a menu at the end of that row."""
    account: tuple[Choice, ...] = ()
    support: tuple[str, ...] = ()
    """Sentences about operator's staff who may look now."""
    support_page: str = ""
    """Where that can be ended; empty for who may not."""
    notices: tuple[Choice, ...] = ()
    """What waits for an answer: a sentence each, and where to give it (`note`: what it is called)."""


def title_of(site: Site) -> str:
    return site.name or site.host


def frame_of(base: str, person: Person, sites: Sequence[Site], site: Site | None = None, room: Room = "") -> Frame:
    """Make the frame of a page. `base` stands before each of our paths."""
    entries = tuple(
        Choice(title_of(one), f"{base}/sites/{one.host}", site is not None and one.id == site.id)
        for one in sites[:MOST_SITES]
    )
    account = (Choice(words.say("product.add_site"), f"{base}/sites/new"),) if person.may("add_site") else ()
    if not person.is_guest:
        account = (Choice(words.say("account.title"), f"{base}/account"), *account)
    return Frame(
        person=person.email,
        sign_out=f"{base}/sign-out",
        site=title_of(site) if site else "",
        sites=entries,
        nav=nav_of(base, person, site, room, IN_A_ROW) if site else (),
        more=nav_of(base, person, site, room, IN_A_MENU) if site else (),
        account=account,
    )


def nav_of(base: str, person: Person, site: Site, room: Room, rooms: Sequence[Place]) -> tuple[Choice, ...]:
    root = f"{base}/sites/{site.host}"
    return tuple(
        Choice(words.say(f"nav.{place.room}"), root if place.room == "report" else f"{root}/{place.room}",
               place.room == room)
        for place in rooms if person.may(place.needs, site)
    )  # fmt: skip
