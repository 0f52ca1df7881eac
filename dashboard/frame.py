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
from dashboard.people import Person
from registry.site import Site

Room = Literal["report", "refused", "settings", ""]
MOST_SITES = 30
"""In the menu; the page of all sites has the rest."""


class Frame(msgspec.Struct, frozen=True):
    """The head of a page."""

    person: str
    """Whom it says is signed in; empty for the guest of a demo."""
    sign_out: str
    site: str = ""
    sites: tuple[Choice, ...] = ()
    nav: tuple[Choice, ...] = ()
    account: tuple[Choice, ...] = ()


def title_of(site: Site) -> str:
    return site.name or site.host


def frame_of(base: str, person: Person, sites: Sequence[Site], site: Site | None = None, room: Room = "") -> Frame:
    """Make the frame of a page. `base` stands before each of our paths."""
    entries = tuple(
        Choice(title_of(one), f"{base}/sites/{one.host}", site is not None and one.id == site.id)
        for one in sites[:MOST_SITES]
    )
    account = (Choice(words.say("product.add_site"), f"{base}/sites/new"),) if person.may("add_site") else ()
    return Frame(
        person=person.email,
        sign_out=f"{base}/sign-out",
        site=title_of(site) if site else "",
        sites=entries,
        nav=nav_of(base, person, site, room) if site else (),
        account=account,
    )


def nav_of(base: str, person: Person, site: Site, room: Room) -> tuple[Choice, ...]:
    root = f"{base}/sites/{site.host}"
    report = Choice(words.say("nav.report"), root, room == "report")
    refused = Choice(words.say("nav.refused"), f"{root}/refused", room == "refused")
    settings = Choice(words.say("nav.settings"), f"{root}/settings", room == "settings")
    return (report, refused, settings) if person.may("configure", site) else (report, refused)
