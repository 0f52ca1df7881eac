"""Showing: the dashboard of a process, on its open registry and store.

In: an open `Ground`, and what the process knows of spool and drain. Out: an ASGI app.
Loaded by name (`desk.load_dashboard`), and only where a dashboard is shown: a collector alone would carry 8 MB of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from collector.address import Proxies
from collector.balance import balance
from collector.condition import Condition
from collector.distill.scrub.again import remembering
from collector.sender import address_of, read_head
from collector.tally import Ledger
from dashboard.app import create_dashboard
from footfall.house import Ground
from footfall.updates.credit import credit_in
from footfall.web import ASGIApp


def dashboard_on(
    ground: Ground,
    condition: Callable[[], Condition] | None = None,
    ledger: Callable[[], Ledger] | None = None,
    *,
    open_on_loopback: bool = False,
) -> ASGIApp:
    """Make the dashboard of this ground; with `condition` and `ledger`, it tells what is in the spool."""
    proxies = Proxies(ground.settings.trusted_proxies)

    def client_of(scope: Mapping[str, Any]) -> str:
        peer = scope["client"][0] if scope.get("client") else ""
        return address_of(read_head(scope["headers"]), peer, proxies)

    return create_dashboard(
        ground.registry,
        ground.store,
        base_url=ground.settings.base_url or None,
        open_on_loopback=open_on_loopback,
        collector_health=(lambda: _health(condition, ledger)) if condition and ledger else None,
        client_of=client_of,
        credit=credit_in(ground.settings),
        scrub=remembering(),
    )


def _health(condition: Callable[[], Condition], ledger: Callable[[], Ledger]) -> dict[str, object]:
    now = condition()
    spool = {site: book.spool for site, book in balance(ledger(), now).items()}
    return {**msgspec.structs.asdict(now), "spool": spool}
