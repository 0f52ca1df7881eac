"""Second owner: a removal that one person begins needs another one, or a second factor.

In: a registry, who is looking, a site. Out: who else owns the site, and whether a removal may begin now: where nobody
else owns it, where the person has shown a code, or where another owner has asked for it before. The seven days in which
a site can be brought back stay for everybody. It begins nothing.
"""

from __future__ import annotations

from dashboard.people import Person
from registry.partings import Wish
from registry.registry import Registry
from registry.site import Site


def other_owners(registry: Registry, person: Person, site: Site) -> list[str]:
    """Return the addresses of who owns a site besides this person; a grant for the site counts before one for all."""
    roles: dict[str, str] = {}
    for email, grant in registry.users.at_site(site.id):
        if grant.site_id is not None or email not in roles:
            roles[email] = grant.role
    return sorted(email for email, role in roles.items() if role == "owner" and email != person.email)


def wish_of(registry: Registry, site: Site) -> Wish | None:
    """Return that an owner wants the site to be removed, if that person still owns it."""
    wish = registry.partings.wished(site.id)
    owners = other_owners(registry, Person("", {}), site)
    return wish if wish and wish.asked_by in owners else None


def may_begin(registry: Registry, person: Person, site: Site, *, has_shown_code: bool) -> bool:
    """Say whether this person's word is enough for a removal to begin."""
    if person.is_guest or has_shown_code or not other_owners(registry, person, site):
        return True
    wish = wish_of(registry, site)
    return wish is not None and wish.asked_by != person.email
