"""People: who is looking, what they may do where, and how exact the numbers are that they see.

In: a user's grants. Out: a Person; for one site a role, the acts it allows and the smallest group it is shown.
A grant for one site counts before a grant for every site. Analysts and viewers see no figure about fewer than the
site's `min_group` visitors; owners, admins and data protection officers see exact numbers. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from registry.site import Site
from registry.users import Grant, Role

Act = Literal["look", "configure", "remove", "add_site"]

MAY: Mapping[Role, frozenset[Act]] = {
    "owner": frozenset({"look", "configure", "remove", "add_site"}),
    "admin": frozenset({"look", "configure"}),
    "analyst": frozenset({"look"}),
    "viewer": frozenset({"look"}),
    "dpo": frozenset({"look"}),
}
EXACT_ROLES: frozenset[Role] = frozenset({"owner", "admin", "dpo"})


class Person(msgspec.Struct, frozen=True):
    """Someone who is signed in, or who sits at the machine itself."""

    email: str
    roles: Mapping[int | None, Role]
    """By number of the site; None: on every site, those to come included."""
    is_guest: bool = False
    """Nobody signed in: the demo on this machine is open to whoever sits at it."""

    def role_at(self, site: Site) -> Role | None:
        return self.roles.get(site.id, self.roles.get(None))

    def may(self, act: Act, site: Site | None = None) -> bool:
        """Whether this person may do something on a site (None: on all of them)."""
        role = self.roles.get(None) if site is None else self.role_at(site)
        return role is not None and act in MAY[role]

    def least_group(self, site: Site) -> int:
        """The smallest group shown to this person; 1: exact numbers."""
        return 1 if self.role_at(site) in EXACT_ROLES else site.min_group


GUEST = Person("", {None: "owner"}, is_guest=True)


def person_of(email: str, grants: Sequence[Grant]) -> Person:
    return Person(email, {grant.site_id: grant.role for grant in grants})
