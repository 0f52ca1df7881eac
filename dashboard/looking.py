"""Looking: every answer about a site is noted in the chain of looks before it leaves (registry/looks.py).

In: a request that was let in to a site, and its answer. Out: one row of who, how, what, and how many rows. The door of
the sites (access.py) begins a Look, handlers may add words with `tell`, the table of routes ends it. If the row cannot
be written the answer is not sent: who looks is never unknown. A filter's value that fewer than k people fit, or of
which nobody knows how many, stands there as `<rare>`. Pages that ask again by themselves are noted once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from dashboard.heard import Heard
from dashboard.people import Person
from dashboard.tools import Tools, tools_of
from registry.site import Site

RARE = "<rare>"
LEAST_GROUP = 5
"""A site may show exact numbers; the note of who looked still names nothing rarer."""
PLAIN = frozenset(
    {"period", "date", "from", "to", "compare", "compare_from", "compare_to", "match", "metric", "interval", "tab"}
    | {"detail", "sort", "page", "saved", "before", "check", "done"}
)
"""Names in a query string whose values come from our own lists; every other value may be a visitor's."""
FILES = ("csv", "json", "parquet", "ndjson")


@dataclass
class Look:
    """One look on its way into the chain; empty words are found when it is noted."""

    person: Person
    site: Site
    heard: Heard
    action: str = ""
    object: str = ""
    params: str = ""
    rows: int | None = None
    purpose: str = ""


def look_of(request: Request, person: Person, site: Site) -> Look:
    wants_people = not PLAIN.issuperset(request.query_params)
    return Look(person, site, Heard(has_identity=site.mode != "none", wants_people=wants_people))


def look_at(request: Request) -> Look | None:
    """The look that a request has begun; None before the door, and on pages about no site."""
    look: Look | None = getattr(request.state, "look", None)
    return look


def tell(
    request: Request,
    *,
    action: str = "",
    object: str = "",  # noqa: A002 - the word of the audit
    params: str = "",
    rows: int | None = None,
    purpose: str = "",
    people: int | None = None,
) -> None:
    """Say what a request did, in words for the customer, where its address does not.

    `people`: how many fit the values in the address, where the page asked by other means than an Asker.
    """
    look = look_at(request)
    if look is None:
        return
    look.action, look.object = action or look.action, object or look.object
    look.params, look.purpose = params or look.params, purpose or look.purpose
    look.rows = rows if rows is not None else look.rows
    look.heard.people = people if people is not None else look.heard.people


async def note_look(request: Request, response: Response, *, is_watched: bool = False) -> None:
    """Note what this answer shows or has changed; raise `RegistryAway` when that cannot be kept."""
    look = look_at(request)
    if look is None or response.status_code >= 400:
        return
    tools, now = tools_of(request), time.monotonic()
    complete(look, request)
    name = " ".join((look.person.name, str(look.site.id), look.object, look.params))
    if is_watched and not tools.watching.begins(name, now):
        tools.watching.see(name, now)
        return
    await asyncio.to_thread(write, tools, look)
    if is_watched:
        tools.watching.see(name, now)


def complete(look: Look, request: Request) -> None:
    """Find the words that nobody told."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    tail = path.removeprefix(f"/sites/{request.path_params.get('host', '')}").strip("/")
    card = request.headers.get("x-fragment", "")
    look.object = look.object or (tail or "report") + (f" {card[:20]}" if card.isalnum() and card != "main" else "")
    look.action = look.action or action_of(request.method, path)
    least = max(look.site.min_group, LEAST_GROUP)
    is_known = look.heard.people is not None and look.heard.people >= least
    look.params = look.params or params_of(request.query_params.multi_items(), is_known=is_known)
    look.rows = look.heard.rows if look.rows is None else look.rows


def action_of(method: str, path: str) -> str:
    if method == "POST":
        return "change"
    return "export" if path.rpartition(".")[2] in FILES else "view"


def params_of(pairs: Iterable[tuple[str, str]], *, is_known: bool) -> str:
    """Write the query string of a note: in order of names, with what may be rare masked."""
    said = (f"{name}={value if name in PLAIN or is_known else masked(name, value)}" for name, value in pairs if value)
    return "&".join(sorted(said))


def masked(name: str, value: str) -> str:
    """Leave of a filter how and by what it picks, not whom."""
    how = value.split(":", 2)
    return ":".join((*how[:2], RARE)) if name == "f" and len(how) == 3 else RARE


async def note_overview(request: Request, person: Person, sites: Sequence[Site]) -> None:
    """Note that somebody saw the figures of several sites on one page."""
    roles = {site.id: person.role_at(site) or "" for site in sites}
    if roles:
        looks = tools_of(request).registry.looks
        await asyncio.to_thread(looks.note_each, person.name, person.auth, "view", roles, "list of sites")


def write(tools: Tools, look: Look) -> None:
    """Put a look into the chain, and remember that its grant was used."""
    person, site, grant = look.person, look.site, look.person.grant_at(look.site)
    tools.registry.looks.note(
        person.name,
        person.role_at(site) or "",
        person.auth,
        look.action,
        site.id,
        look.object,
        look.params,
        look.rows,
        look.purpose or (grant.reason if grant else ""),
        grant.id if grant else None,
    )
    if grant is not None:
        tools.registry.users.mark_used(grant)
