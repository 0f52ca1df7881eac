"""People: who is looking, what they may do where, and how exact the numbers are that they see.

In: a user's grants. Out: a Person; for one site a role, the acts it allows and the smallest group it is shown.
A grant for one site counts before a grant for every site. Analysts, viewers and support see no figure about fewer than
the site's `min_group` visitors; owners, admins and data protection officers see exact numbers. Support has a grant for
hours only, and may look, no more. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from registry.site import Site
from registry.users import Grant, Role

Act = Literal[
    "look", "configure", "remove", "add_site", "rights", "export", "people", "share", "audit", "take", "annotate"
]

MAY: Mapping[Role, frozenset[Act]] = {
    "owner": frozenset(
        {"look", "configure", "remove", "add_site", "rights", "export", "people", "share", "audit", "take", "annotate"}
    ),
    "admin": frozenset({"look", "configure", "rights", "export", "people", "share", "audit", "annotate"}),
    "analyst": frozenset({"look", "share", "annotate"}),
    "viewer": frozenset({"look"}),
    "dpo": frozenset({"look", "rights", "export", "audit", "take"}),
    "support": frozenset({"look"}),
}
EXACT_ROLES: frozenset[Role] = frozenset({"owner", "admin", "dpo"})


class Person(msgspec.Struct, frozen=True):
    """Someone who is signed in, or who sits at the machine itself."""

    email: str
    roles: Mapping[int | None, Role]
    """By number of the site; None: on every site, those to come included."""
    is_guest: bool = False
    """Nobody signed in: the demo on this machine is open to whoever sits at it."""
    auth: str = "session"
    """How they came in: `session`, `machine` (the demo's guest), `share` (a link)."""
    grants: Mapping[int | None, Grant] = {}
    """What the roles rest on; empty for the guest."""
    user_id: int = 0

    @property
    def name(self) -> str:
        """Whom a history names."""
        return self.email or "the demo"

    def role_at(self, site: Site) -> Role | None:
        return self.roles.get(site.id, self.roles.get(None))

    @property
    def answers_for_others(self) -> bool:
        """Whether a second factor is asked for: owners and data protection officers."""
        return bool({"owner", "dpo"} & set(self.roles.values()))

    def grant_at(self, site: Site) -> Grant | None:
        return self.grants.get(site.id, self.grants.get(None))

    def may(self, act: Act, site: Site | None = None) -> bool:
        """Whether this person may do something on a site (None: on all of them)."""
        role = self.roles.get(None) if site is None else self.role_at(site)
        return role is not None and act in MAY[role]

    def least_group(self, site: Site) -> int:
        """The smallest group shown to this person; 1: exact numbers."""
        return 1 if self.role_at(site) in EXACT_ROLES else site.min_group


GUEST = Person("", {None: "owner"}, is_guest=True, auth="machine")


def person_of(email: str, grants: Sequence[Grant], user_id: int = 0) -> Person:
    by_site = {grant.site_id: grant for grant in grants}
    return Person(email, {site: grant.role for site, grant in by_site.items()}, grants=by_site, user_id=user_id)
