"""The desk: where one process receives. It ties the open rooms to the collector's app and attends to it.

In: an open `Desk`, bound sockets, and what the process knows of spool and drain. Out: answers until told to stop; then
everything that was answered with 202 is on disk, and so are the counts of what was refused.
The dashboard, where there is one (showing.py), stands behind the collector in the same app: whatever path is not the
collector's is the dashboard's.
"""

from __future__ import annotations

import contextlib
import importlib
import socket
import time
from collections.abc import Callable, Sequence
from datetime import date

from collector.app import create_collector
from collector.condition import Condition
from collector.drain import DrainStatus
from collector.express import express_lane
from collector.privacy.notice import version_of
from collector.privacy.rights import VisitorRights
from collector.settings import SettingsError
from collector.spool import Committer, Limits
from collector.spool.disk import space_of
from collector.tag import Tag, TagMissingError
from collector.tally import Ledger, Tally
from footfall.audit.report import line_of
from footfall.house import Desk
from footfall.receiving import committing
from footfall.web import ALONE, ASGIApp, Beside, answer
from registry.errors import RegistryError

AUDIT_SECONDS = 60.0


async def attend(
    desk: Desk,
    listeners: Sequence[socket.socket],
    *,
    tally: Tally,
    condition: Callable[[], Condition],
    ledger: Callable[[], Ledger] | None = None,
    dashboard: ASGIApp | None = None,
    around: Callable[[ASGIApp], ASGIApp] | None = None,
    beside: Beside = ALONE,
    on_ready: Callable[[], object] = lambda: None,
) -> None:
    """Receive until told to stop. `around` may put something before the composed app; then nothing goes past it."""
    async with committing(desk.spool, tally) as committer:
        collector = create_collector(
            desk.settings,
            snapshot=desk.snapshot,
            tools=desk.tools,
            keep=committer.keep,
            commit=committer.commit,
            tally=tally,
            condition=condition,
            ledger=ledger,
            secret=desk.secret,
            tag=_tag_of(desk),
            check_key=desk.registry.keys.check,
            consents=desk.registry.consents,
            rights=_rights_on(desk, committer),
            last_audit=_last_audit(desk),
            otherwise=dashboard,
        )
        if around:
            await answer(around(collector), listeners, on_ready)
        else:
            await answer(collector, listeners, on_ready, express_lane(collector), beside)


def load_dashboard() -> Callable[..., ASGIApp]:
    """Load what makes a dashboard (showing.py). By name, not at the top: a collector alone would carry 8 MB of it."""
    make: Callable[..., ASGIApp] = importlib.import_module("footfall.showing").dashboard_on
    return make


def spool_accepts(desk: Desk) -> bool:
    """Say whether the spool has room, by the rule it stops by itself."""
    return not space_of(desk.spool_directory).is_short(Limits())


def condition_of(status: DrainStatus, accepts: bool = True, *, is_overdue: bool = False) -> Condition:
    """Put what the drain and the retention say of themselves into the words of the health page."""
    return Condition(
        spool_accepts=accepts,
        store_answers=status.is_running and not status.error,
        waiting=status.waiting,
        oldest_seconds=status.lag_seconds,
        spool_bytes=status.spool_bytes,
        lost=status.lost,
        quarantined=status.quarantined,
        batches=status.batches,
        insert_seconds=status.insert_seconds,
        retries=status.retries,
        lag_seconds=status.stored_lag_seconds,
        kept=status.kept,
        duplicate=status.duplicate,
        without_visit=status.without_visit,
        unstorable=status.unstorable,
        found=status.found,
        erased=status.erased,
        demanded_ms=status.demanded_ms,
        rewinds=status.rewinds,
        stored_again=status.stored_again,
        retention_overdue=is_overdue,
    )


def _rights_on(desk: Desk, committer: Committer) -> VisitorRights:
    def is_held(site_id: int, day: date | None) -> bool:
        holds = desk.registry.holds.list(site_id, active=True)
        return any(day is None or hold.since <= day < hold.until for hold in holds)

    return VisitorRights(
        tools=desk.tools,
        keep=committer.keep,
        store=desk.store,
        requests=desk.registry.requests,
        secret=desk.secret,
        is_held=is_held,
        policy_version=version_of,
    )


def _last_audit(desk: Desk) -> Callable[[], str | None]:
    """Tell the last self-audit, looked up once a minute: the page asks for it at every view."""
    told: list[tuple[float, str | None]] = []

    def line() -> str | None:
        now = time.monotonic()
        if not told or now - told[0][0] > AUDIT_SECONDS:
            with contextlib.suppress(RegistryError):
                told[:] = [(now, line_of(desk.registry.audits.last()))]
        return told[0][1] if told else None

    return line


def _tag_of(desk: Desk) -> Tag:
    try:
        return Tag(desk.snapshot, desk.settings.base_url)
    except TagMissingError as error:
        raise SettingsError(str(error)) from None
