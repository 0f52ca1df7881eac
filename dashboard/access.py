"""Access: from a request to who is asking; the door of every page that is not for anyone.

In: the session's cookie, or a connection from this machine where the demo is open. Out: a Person, a site they may
see, or an error: not signed in, not allowed here, nothing here. A site that someone has no grant for does not exist
for them. The machine is believed only if no proxy spoke in between and the address bar names this machine too: a page
of a foreign site that resolves to 127.0.0.1 must not get in.
"""

from __future__ import annotations

import asyncio
import ipaddress

from starlette.requests import Request

from dashboard.errors import NotAllowed, NotHere, NotSignedIn
from dashboard.looking import look_of
from dashboard.people import GUEST, Act, Person, person_of
from dashboard.tools import Tools, peer_of, tools_of
from registry.errors import Denied
from registry.site import Site

SESSION_COOKIE = "footfall_session"
FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


def cookie_name(tools: Tools, request: Request) -> str:
    """`__Host-` binds the cookie to this host and to https; plain http on loopback cannot have it."""
    return f"__Host-{SESSION_COOKIE}" if tools.is_https(request) else SESSION_COOKIE


def session_token(tools: Tools, request: Request) -> str:
    return request.cookies.get(cookie_name(tools, request), "")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def sits_at_the_machine(request: Request) -> bool:
    """Whether a request comes from this machine and nowhere else."""
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    direct = not any(header in request.headers for header in FORWARDING)
    return direct and is_loopback(peer_of(request.scope)) and is_loopback(name)


def _find_person(tools: Tools, token: str) -> Person | None:
    user = tools.registry.sessions.check(token)
    return None if user is None else person_of(user.email, tools.registry.users.grants(user), user.id)


async def person_at(request: Request) -> Person | None:
    """Say who is asking; None when nobody is signed in. Templates find the same under `person`."""
    tools = tools_of(request)
    token = session_token(tools, request)
    person = await asyncio.to_thread(_find_person, tools, token) if token else None
    if person is None and tools.open_on_loopback and sits_at_the_machine(request):
        person = GUEST
    request.state.person = person
    return person


async def need_person(request: Request) -> Person:
    person = await person_at(request)
    if person is None:
        raise NotSignedIn("Sign in to see this page.")
    return person


async def need_site(request: Request, person: Person, act: Act) -> Site:
    """Find the site in the path, if this person may do `act` there. Raises NotHere or NotAllowed."""
    nothing = NotHere("There is no such site, or you have no access to it.")
    try:
        site = await asyncio.to_thread(tools_of(request).registry.sites.get, request.path_params["host"])
    except Denied:
        raise nothing from None
    if person.role_at(site) is None:
        raise nothing
    if not person.may(act, site):
        raise NotAllowed("Your role on this site does not include this page.")
    # From here on the answer is a look, which is noted before it leaves (looking.py).
    request.state.look = look_of(request, person, site)
    return site
