"""People: who may look, with one factor or two, and who no longer needs to (A22).

In: a Yard. Out: a finding. People stand in it by number, as in `footfall user list`: a report is handed around.
"""

from __future__ import annotations

from datetime import timedelta

from footfall.audit.finding import Finding, listed, passed, warned
from footfall.audit.yard import Yard

UNUSED = timedelta(days=90)
NEED_TWO = frozenset({"owner", "dpo"})


def access_is_needed(yard: Yard) -> Finding:
    """A22."""
    registry, people = yard.registry, yard.registry.users.list()
    one_factor, unused, support = [], [], []
    for user in people:
        grants = [grant for grant in registry.users.grants(user) if grant.is_valid_at(yard.now)]
        if any(grant.role in NEED_TWO for grant in grants) and not registry.factors.is_on(user.id):
            one_factor.append(f"user {user.id}")
        last = [grant.used_at or grant.granted_at or user.created_at for grant in grants]
        if last and max(last) < yard.now - UNUSED:
            unused.append(f"user {user.id}")
        support += [f"user {user.id}" for grant in grants if grant.role == "support"]
    told = []
    if one_factor:
        told.append(f"owner or data-protection officer without a second factor: {listed(one_factor)}")
    if unused:
        told.append(f"no look for {UNUSED.days} days: {listed(unused)}")
    if support:
        told.append(f"support of the operator may look now: {listed(support)}")
    if told:
        return warned(
            "; ".join(told), "each switches the second factor on under Account; `footfall user revoke` for the rest"
        )
    return passed(f"{len(people)} may sign in; owners have a second factor, nobody's access is unused, no support open")
