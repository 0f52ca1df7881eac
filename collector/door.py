"""The door for events: what stands between a request and the spool, put together.

In: the sites, the tools of the bridge, what makes records durable, the books, and the limits. Out: the `Intake` that
every way for events leads to, whether the process shows pages as well (app.py) or only receives.
It knows no HTTP and no framework: a process that only receives loads nothing beyond this.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from clickhouse.rows import Event, Refusal
from collector.address import Proxies
from collector.arrival import Arrival
from collector.distill import Tools, distill
from collector.intake import Bridge, Commit, Intake
from collector.rate import Rate
from collector.spool.record import encode_event
from collector.tally import Keep, Tally
from registry.site import Site
from registry.snapshot import Snapshot


def create_intake(
    *,
    snapshot: Snapshot,
    tools: Tools,
    keep: Keep,
    commit: Commit | None,
    tally: Tally,
    rate: Rate,
    proxies: Proxies,
    now: Callable[[], float] = time.time,
) -> Intake:
    """Build what every door for events leads to."""
    return Intake(
        sites=snapshot,
        distill=bridge_with(tools),
        encode=encode_event,
        keep=keep,
        commit=commit,
        tally=tally,
        rate=rate,
        proxies=proxies,
        now_ms=lambda: int(now() * 1000),
    )


def bridge_with(tools: Tools) -> Bridge:
    """Put the tools into `distill`'s hand."""

    def bridge(arrival: Arrival, site: Site, now_ms: int) -> Event | Refusal:
        return distill(arrival, site, tools, now_ms)

    return bridge
