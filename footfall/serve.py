"""`footfall serve`: the rooms composed into a running server, and its orderly end.

In: settings, and what the command line said. Out: a server until SIGTERM or Ctrl-C. Order of the end: accept no more,
finish what was begun, make the last counts durable, store what is left, close, exit 0.
`run_house` is what the demonstration uses too; several processes are crowd.py's, or hands.py's with the embedded
store and where no dashboard is shown. No log line carries a visitor's data.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable, Sequence

import click
import msgspec

from collector import log as quiet
from collector.condition import Condition
from collector.setting_values import Listen
from collector.settings import Settings, SettingsError, check_reachable, misspelt
from collector.spool.record import encode_refusals
from collector.tally import Ledger, Tally
from footfall.board import sum_of
from footfall.chores import keeping
from footfall.crowd import run_crowd
from footfall.desk import attend, condition_of, load_dashboard, spool_accepts
from footfall.following import following
from footfall.hands import Hands, hands_on
from footfall.house import Ground, House, open_ground, open_house
from footfall.lock import hold_data
from footfall.retention import Retention
from footfall.web import ALONE, ASGIApp, answer, bound, harden, run
from footfall.whereabouts import leave_address, own_address, take_address_away

log = logging.getLogger(__name__)


def serve(settings: Settings, host: str | None, port: int | None, workers: int = 1, only: str | None = None) -> None:
    """Run until told to stop. Raises SettingsError, or an error of the room that could not be opened."""
    listen = Listen(host or settings.listen.host, settings.listen.port if port is None else port)
    chosen = msgspec.structs.replace(settings, listen=listen)
    check_reachable(chosen)
    quiet.set_up(chosen.log_level)
    for line in misspelt(os.environ):
        log.warning(line)
    harden()
    with bound(listen) as listener, contextlib.ExitStack() as stack:
        stack.callback(take_address_away, chosen.data)
        # The self-audit asks this server at the port it really has: 0 means any.
        chosen = msgspec.structs.replace(chosen, listen=Listen(listen.host, int(listener.getsockname()[1])))
        if only == "dashboard":
            _serve_dashboard(chosen, listener, workers)
        elif workers > 1 and (chosen.is_embedded() or only == "collector"):
            with open_house(chosen, workers) as house, hands_on(chosen, listener, workers) as hands:
                run_house(house, [], with_dashboard=only is None, on_ready=lambda: _greet(house), hands=hands)
        elif workers > 1:
            run_crowd(chosen, listener, workers, only is None, _greet)
        else:
            with open_house(chosen) as house:
                run_house(house, [listener], with_dashboard=only is None, on_ready=lambda: _greet(house))


def run_house(
    house: House,
    listeners: Sequence[socket.socket],
    *,
    with_dashboard: bool = True,
    open_on_loopback: bool = False,
    around: Callable[[ASGIApp], ASGIApp] | None = None,
    on_ready: Callable[[], object] = lambda: None,
    hands: Hands | None = None,
    at_once: Callable[[], object] | None = None,
) -> None:
    """Serve an open house until SIGTERM or Ctrl-C, then end in order. Call it in the main thread.

    `around` may put something before the composed app (the demo's website, by port). `hands` accept for it. `at_once`
    is what a second Ctrl-C does instead of ending the process; it must not return.
    """

    def condition() -> Condition:
        return condition_of(house.drain.status(), spool_accepts(house), is_overdue=retention.is_overdue())

    retention = Retention(house)
    tally = Tally(encode_refusals)

    def ledger() -> Ledger:
        return sum_of([tally.ledger(), hands.board.ledger()]) if hands else tally.ledger()

    dashboard = None
    if with_dashboard:
        dashboard = load_dashboard()(house, condition, ledger, open_on_loopback=open_on_loopback)
    with keeping(house, retention, house.tools.refresh, *([hands.look] if hands else [])):
        run(
            attend(
                house,
                listeners,
                tally=tally,
                condition=condition,
                ledger=ledger,
                dashboard=dashboard,
                around=around,
                beside=hands.beside if hands else ALONE,
                on_ready=on_ready,
            ),
            at_once,
        )


def _serve_dashboard(settings: Settings, listener: socket.socket, workers: int) -> None:
    """Serve the dashboard alone, beside a collector elsewhere; an embedded store has to be free for that."""
    if workers > 1:
        raise SettingsError("--workers is for the collector: leave it out with --only dashboard")
    lock = hold_data(settings.data) if settings.is_embedded() else contextlib.nullcontext()
    with lock, open_ground(settings) as ground, following(ground):
        run(answer(load_dashboard()(ground), [listener], lambda: _greet(ground)))


def _greet(ground: Ground) -> None:
    """Say where it is, and let the first owner in; the link is good once."""
    here = own_address(ground.settings.listen)
    url = ground.settings.base_url or here
    leave_address(ground.settings.data, here)
    click.echo(f"Footfall is listening on {here}; stop it with Ctrl-C.")
    if ground.registry.setup.is_needed():
        token = ground.registry.setup.make_token()
        click.echo(f"Nobody can sign in yet. Create the owner, once: {url}/setup?token={token}")
