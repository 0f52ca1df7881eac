"""Awaits the end of an order that a verb has left: by a running server, or executed here when none holds the data.

In: settings, an open registry, an order. Out: the order as it is when it ended, or when patience did. It also tells
the end of a failed order as one line. Which server it is and where it runs does not matter.
"""

from __future__ import annotations

import contextlib
import time

from collector.settings import Settings
from collector.spool.errors import SpoolError
from footfall.cli.opening import told_as_settings
from footfall.lock import DataHeld
from footfall.offline import execute_orders
from registry.errors import WrongState
from registry.orders import Order
from registry.registry import Registry

POLL_SECONDS = 0.2
LONG_SECONDS = 86_400.0
"""For work that grows with the site: whoever waits may stop with Ctrl-C, and the order goes on."""


def await_end(settings: Settings, registry: Registry, order: Order, patience_seconds: float) -> Order:
    """Execute the order, or wait until the server that holds the data has; return it as it is then."""
    deadline = time.monotonic() + patience_seconds
    while order.state == "waiting" and time.monotonic() < deadline:
        with contextlib.suppress(DataHeld), told_as_settings(SpoolError):
            execute_orders(settings)
        order = registry.orders.get(order.id)
        if order.state == "waiting":
            time.sleep(POLL_SECONDS)
    return order


def done(order: Order, what: str) -> Order:
    """Return an order that was done; raise `WrongState` with what went wrong, or that it is still waiting."""
    if order.state == "failed":
        raise WrongState(f"{what} failed: {order.result['error']}")
    if order.state == "waiting":
        raise WrongState(f"{what} has not ended yet: the running server goes on with it; look at its log")
    return order
