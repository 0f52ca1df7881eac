"""Balance: the two halves of the ledger put together. For each site, received = kept + refused + duplicate + spool.

In: what the edge received and refused (tally.py), and what the drain settled and found. Out: a Book for each site.
Invariant: every Book balances, at any moment, though the halves are told by different threads or processes a little
apart. What is in the spool is what was accepted and is not settled; an event that the drain settled was received, even
if the edge has not said so yet. Counters begin with the process; what an earlier one left in the spool is received by
the one that finds it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from clickhouse.rows import Reason
from collector.tally import Ledger

ERASED = "erased"
"""Stands beside the reasons: its visitor had it erased while it was on its way. No row of the store tells of it."""


class Settled(Protocol):
    """What the drain tells, by site."""

    @property
    def kept(self) -> Mapping[int, int]: ...
    @property
    def duplicate(self) -> Mapping[int, int]: ...
    @property
    def without_visit(self) -> Mapping[int, int]: ...
    @property
    def unstorable(self) -> Mapping[int, int]: ...
    @property
    def erased(self) -> Mapping[int, int]: ...
    @property
    def found(self) -> Mapping[int, int]: ...


class Book(msgspec.Struct, frozen=True):
    """One site's part."""

    received: int
    kept: int
    refused: Mapping[str, int]
    """By reason."""
    duplicate: int
    spool: int


def balance(edge: Ledger, drain: Settled) -> dict[int, Book]:
    """Close the books. Take `drain` before `edge`: what was settled had been received by then."""
    late = (drain.kept, drain.duplicate, drain.without_visit, drain.unstorable, drain.erased, drain.found)
    sites = {*edge.received, *(site for counts in late for site in counts)}
    return {site: _book(site, edge, drain) for site in sorted(sites)}


def _book(site: int, edge: Ledger, drain: Settled) -> Book:
    at_edge = edge.refused.get(site, {})
    late = {
        str(reason): counts[site]
        for reason, counts in (
            (Reason.NO_VISIT, drain.without_visit),
            (Reason.UNSTORABLE, drain.unstorable),
            (ERASED, drain.erased),
        )
        if site in counts
    }
    kept, duplicate = drain.kept.get(site, 0), drain.duplicate.get(site, 0)
    refused = sum(at_edge.values())
    settled = kept + duplicate + sum(late.values())
    accepted = edge.received.get(site, 0) - refused + drain.found.get(site, 0)
    return Book(
        received=refused + max(accepted, settled),
        kept=kept,
        refused={**at_edge, **late},
        duplicate=duplicate,
        spool=max(0, accepted - settled),
    )
