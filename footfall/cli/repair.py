"""`footfall repair --site HOST (--day DAY | --since DAY)`: derive the visits of days that are over anew from events;
`footfall repair --lost`: store again what the store has lost of the last minutes, as far as the spool still holds it.

Orders (registry/orders.py), so they work beside a running server, which holds the store; without one this process
executes them. The first: after several collectors ran behind a balancer that is not sticky, or whenever visits are
doubted. The second: after a disk was replaced or a snapshot brought back. Where nothing is wrong, nothing changes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from collector.settings import Settings
from footfall.cli.asking import DAY
from footfall.cli.awaiting import LONG_SECONDS, await_end, done
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.show import waiting
from footfall.repair import first_open_day
from registry.errors import NotAllowed
from registry.sites import COMMAND_LINE


@click.command()
@click.option("--site", "host", help="Whose visits.")
@click.option("--day", type=DAY, help="This day, as 2026-01-31.")
@click.option("--since", type=DAY, help="From this day on, to the last one that is over.")
@click.option("--lost", is_flag=True, help="Store again what the store has lost of the last minutes.")
def repair(host: str | None, day: datetime | None, since: datetime | None, lost: bool) -> None:
    """Derive visits of past days anew, or store again what was lost."""
    settings = read_settings()
    if lost:
        if host or day or since:
            raise NotAllowed("--lost is about everything that the spool keeps: no --site, no days")
        _rewind(settings)
        return
    if not host:
        raise NotAllowed("say whose visits: --site")
    if (day is None) == (since is None):
        raise NotAllowed("say which days: --day, or --since")
    with open_registry(settings) as registry:
        site = registry.sites.get(host)
        open_day = first_open_day(site, datetime.now(UTC))
        first = (day or since or datetime.now(UTC)).date()
        until = first + timedelta(days=1) if day else open_day
        if first >= open_day or until > open_day:
            raise NotAllowed(f"{first} is not over, or not yet for an hour: its visits may still change")
        registry.looks.note(COMMAND_LINE, "machine", "machine", "repair", site.id, object=f"{first} to {until}")
        args = {"site_id": site.id, "since": first.isoformat(), "until": until.isoformat()}
        order = registry.orders.file("repair", args, COMMAND_LINE)
        with waiting(f"repairing visits of {site.host}"):
            done(await_end(settings, registry, order, LONG_SECONDS), "the repair")
    click.echo(f"{site.host}: every visit from {first} up to {until} is what its events say")


def _rewind(settings: Settings) -> None:
    with open_registry(settings) as registry:
        registry.looks.note(COMMAND_LINE, "machine", "machine", "repair", None, object="lost rows")
        order = registry.orders.file("rewind", {}, COMMAND_LINE)
        with waiting("looking for what the spool still holds"):
            ended = done(await_end(settings, registry, order, LONG_SECONDS), "the repair")
    told = ended.result
    click.echo(f"{told['looked']} rows of the spool were looked for in the store; stored again: {told['stored']}")
