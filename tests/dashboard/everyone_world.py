"""Everyone who may knock: people by role, support, other tenants, links and keys, alive and over; and every route.

Data-driven: a new row in dashboard/routes.py is asked here without a change, unless it takes a form of its own (FORMS)
or is for nobody in particular (OPEN).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from dash_world import Browser, World

from dashboard.people import MAY
from dashboard.routes import ROUTES, Row
from registry.shares import Wish
from registry.users import Term

ROWS = sorted(ROUTES, key=lambda row: row.path == "/sign-out")
"""Every route; the one that ends a session last."""
FILLED = {
    "{host}": "example.com", "{list}": "sources", "{name}": "nothing.css", "{page}": "features", "{token}": "t" * 43,
}  # fmt: skip
STREAMS = ("/stream",)
QUERY = {"site_id": "example.com", "metrics": ["visits"], "date_range": "7d"}
ASKED = {"site_id": "example.com", "property": "visit:source"}
FORMS = {
    "/sites/new": {"host": "new.example"},
    "/sites/{host}/settings": {"name": "Named"},
    "/sites/{host}/refused": {"count_host": "staging.example.com"},
    "/sites/{host}/features": {"name": "Export"},
    "/sites/{host}/goals": {"kind": "page", "pattern": "/thanks"},
    "/sites/{host}/funnels": {"k1": "page", "p1": "/a", "k2": "page", "p2": "/b", "name": "A", "within": "visit"},
    "/sites/{host}/segments": {"name": "Readers", "query": "/sites/example.com?f=contains:page:/blog"},
    "/sites/{host}/annotations": {"day": "2026-11-20", "text": "New prices"},
    "/sites/{host}/people": {"do": "give", "email": "stranger@other.example", "role": "viewer"},
    "/sites/{host}/keys": {"do": "make", "stats:read": "on"},
    "/sites/{host}/shares": {"do": "make", "name": "board"},
    "/sites/{host}/requests": {"do": "look"},
    "/account": {"do": "end", "session": "0" * 16},
}
NONSENSE = 400
"""What a form is answered to whoever may send it, when it says nothing that the page knows."""
SHOWN_ONCE = {"/sites/{host}/keys", "/sites/{host}/shares"}
"""Forms answered with the page itself: what they made is shown only there."""

# What each need answers to: nobody, someone without a grant, someone whose role lacks it, someone who may.
GET_ANSWERS = {"add_site": (303, 403, 403, 200), "account": (303, 200, 200, 200)}
POST_ANSWERS = {"add_site": (401, 403, 403, 303), "account": (401, 303, 303, 303)}
ANY_GET, ANY_POST = (303, 404, 403, 200), (401, 404, 403, 303)
OPEN = {
    ("GET", "/"): 200,
    ("GET", "/static/{name}"): 404,
    ("GET", "/sign-in"): (200, 303),
    ("POST", "/sign-in"): 403,
    ("GET", "/sign-in/code"): 303,
    ("POST", "/sign-in/code"): 303,
    ("POST", "/sign-out"): 303,
    ("GET", "/setup"): 404,
    ("POST", "/setup"): 404,
    ("GET", "/share/{token}"): 404,
    ("POST", "/share/{token}"): 404,
    ("GET", "/api/openapi.json"): 200,
}


@dataclass
class Someone:
    """One who knocks: with which browser, showing what, and as whom they count."""

    browser: Browser
    counts_as: str | None = None
    """A role at example.com, `stranger` (signed in, no grant here), or None: nobody."""
    headers: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    has_key: bool = False
    """A living key with the scope `stats:read`."""
    answers: dict[tuple[str, str], int] = field(default_factory=dict)
    """Where they are answered otherwise than those they count as."""
    is_everywhere: bool = False


def person(who: str) -> Callable[[World], Someone]:
    return lambda world: Someone(world.browser(who), who, is_everywhere=who == "owner")


def support(world: World, *, hours_ago: int | None) -> Someone:
    """Operator's staff: without a grant, or with one of two hours given some hours ago."""
    world.registry.users.add("support@operator.example", "correct horse battery", "support")
    now = world.now
    if hours_ago is not None:
        world.clock[0] = now - timedelta(hours=hours_ago)
        term = Term("owner@example.com", 2, "report is empty since Monday")
        world.registry.users.grant("support@operator.example", "support", "example.com", term)
        world.clock[0] = now
    lives = hours_ago is not None and hours_ago < 2
    token = world.registry.sessions.open(world.registry.users.get("support@operator.example").id)
    return Someone(signed_in(world, token), "support" if lives else "stranger")


def signed_in(world: World, token: str) -> Browser:
    browser = world.browser()
    browser.keep("footfall_session", token)
    return browser


def over(world: World, *, by: str) -> Someone:
    """An owner whose session is over."""
    sessions, owner = world.registry.sessions, world.registry.users.get("owner@example.com")
    token = sessions.open(owner.id, awaits_code=by == "code")
    if by == "sign-out":
        sessions.close(token)
    elif by == "password":
        world.registry.users.set_password(owner.email, "another horse battery")
    elif by == "quiet":
        world.clock[0] += timedelta(minutes=30)
    someone = Someone(signed_in(world, token))
    if by == "code":
        someone.answers = {("GET", "/sign-in/code"): 200, ("POST", "/sign-in/code"): 403}
    return someone


def link(world: World, *, days: int | None = None, is_revoked: bool = False) -> Someone:
    """The holder of a share link, who shows its token in every way that anything here takes one."""
    share, token = world.registry.shares.add("example.com", Wish(name="board", days=days), by="owner@example.com")
    if is_revoked:
        world.registry.shares.revoke("example.com", share.id)
    if days is not None:
        world.clock[0] += timedelta(days=days)
    lives = {("GET", "/share/{token}"): 200, ("POST", "/share/{token}"): 303}
    return Someone(
        signed_in(world, token),
        headers={"Authorization": f"Bearer {token}"},
        paths={"{token}": token},
        answers={} if is_revoked or days is not None else lives,
    )


def key(world: World, scope: str, *, days: int | None = None, is_revoked: bool = False) -> Someone:
    """The holder of an API key, who shows it in every way that anything here takes a secret."""
    made, secret = world.registry.keys.add("example.com", [scope], "test", days=days)
    if is_revoked:
        world.registry.keys.revoke(made.id)
    if days is not None:
        world.clock[0] += timedelta(days=days)
    opens = scope == "stats:read" and not is_revoked and days is None
    return Someone(
        signed_in(world, secret),
        headers={"Authorization": f"Bearer {secret}"},
        paths={"{token}": secret},
        has_key=opens,
    )


EVERYONE: dict[str, Callable[[World], Someone]] = {
    "anonymous": lambda world: Someone(world.browser()),
    **{role: person(role) for role in ("owner", "admin", "analyst", "viewer", "dpo")},
    "other tenant": person("stranger"),
    "support without a grant": lambda world: support(world, hours_ago=None),
    "support with a grant": lambda world: support(world, hours_ago=1),
    "support whose grant is over": lambda world: support(world, hours_ago=2),
    "owner who signed out": lambda world: over(world, by="sign-out"),
    "owner whose password changed": lambda world: over(world, by="password"),
    "owner gone for half an hour": lambda world: over(world, by="quiet"),
    "owner without the second factor": lambda world: over(world, by="code"),
    "share link": lambda world: link(world),
    "share link revoked": lambda world: link(world, is_revoked=True),
    "share link expired": lambda world: link(world, days=1),
    "key to read": lambda world: key(world, "stats:read"),
    "key to write": lambda world: key(world, "events:write"),
    "key revoked": lambda world: key(world, "stats:read", is_revoked=True),
    "key expired": lambda world: key(world, "stats:read", days=1),
}


def expected(row: Row, someone: Someone) -> int:
    """What a row answers to someone."""
    told = someone.answers.get((row.method, row.path))
    if told is not None:
        return told
    if row.needs == "key":
        return 200 if someone.has_key else 401
    if (row.method, row.path) in OPEN:
        answer = OPEN[row.method, row.path]
        return answer if isinstance(answer, int) else answer[someone.counts_as is not None]
    answers = GET_ANSWERS.get(row.needs, ANY_GET) if row.method == "GET" else POST_ANSWERS.get(row.needs, ANY_POST)
    nobody, foreign, lacking, allowed = answers
    if someone.counts_as is None:
        return nobody
    if someone.counts_as == "stranger":
        return foreign
    if row.needs == "account":
        return allowed
    # Adding a site needs a grant for every site, which only the owner of this world holds.
    may = row.needs in MAY[someone.counts_as] and (row.needs != "add_site" or someone.is_everywhere)
    if may and row.method == "POST" and (row.path in SHOWN_ONCE or row.path not in FORMS):
        return 200 if row.path in SHOWN_ONCE else NONSENSE
    return allowed if may else lacking


def address(row: Row, someone: Someone) -> str:
    path = row.path
    for name, value in {**FILLED, **someone.paths}.items():
        path = path.replace(name, value)
    return path


def call(someone: Someone, row: Row) -> httpx.Response:
    """Ask one row; of a stream only the beginning."""
    path, headers = address(row, someone), someone.headers
    if row.needs == "key":
        return someone.browser.request(row.method, path, json=QUERY, params=ASKED, headers=headers)
    if path.endswith(STREAMS):
        return someone.browser.begin(row.method, path, headers=headers)
    data = FORMS.get(row.path, {"email": "nobody@example.com"}) if row.method == "POST" else None
    return someone.browser.request(row.method, path, data=data, headers=headers)
