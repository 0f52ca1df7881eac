"""`footfall data delete|anonymise|confirm-date`: what the night does by itself, done by hand and at once.

In: a site and a day of it. Out: rows before that day are gone (added up before, where asked for), and that is proved
by a read that ignores deletion marks. The work is an order of the process that holds the store. A hold is stronger:
its rows stay, and it is said why. `confirm-date` answers the night's doubt whether the clock is right.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from footfall.cli.asking import DAY, confirm
from footfall.cli.awaiting import LONG_SECONDS, await_end, done
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.remarks import remark
from footfall.cli.show import waiting
from registry.errors import NotAllowed
from registry.sites import COMMAND_LINE


@click.command()
@click.argument("host")
@click.option("--before", type=DAY, required=True, help="The first day that stays.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(host: str, before: datetime, *, yes: bool) -> None:
    """Delete now what is older than a day, for good."""
    _thin(host, before.date(), "delete", yes=yes)


@click.command()
@click.argument("host")
@click.option("--before", type=DAY, required=True, help="The first day that stays as it is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def anonymise(host: str, before: datetime, *, yes: bool) -> None:
    """Add up what is older than a day, then delete it."""
    _thin(host, before.date(), "anonymise", yes=yes)


def _thin(host: str, before: date, how: str, *, yes: bool) -> None:
    settings = read_settings()
    with open_registry(settings) as registry:
        site = registry.sites.get(host)
        if before > datetime.now(UTC).date():
            raise NotAllowed("--before is a day that has not come yet")
        if not yes:
            confirm(f"This deletes every event of {site.host} before {before} for good", site.host)
        args = {"site_id": site.id, "before": before.isoformat(), "how": how}
        order = registry.orders.file("thin_site", args, COMMAND_LINE)
        with waiting(f"{how}: {site.host}"):
            done(await_end(settings, registry, order, LONG_SECONDS), "it")
        held = [hold for hold in registry.holds.list(site.id, active=True) if hold.since < before]
    click.echo(f"{site.host}: nothing before {before} is left in the store; proved by reading every table")
    for hold in held:
        remark(f"{hold.since} to {hold.until}: {hold.sentence}")


@click.command("confirm-date")
@click.option("--yes", is_flag=True, help="Do not ask.")
def confirm_date(*, yes: bool) -> None:
    """Say that the clock is right, after it has leapt."""
    today = datetime.now(UTC).date()
    if not yes:
        confirm(f"It is {today} by this machine's clock, and what is too old by it will be deleted", today.isoformat())
    with open_registry() as registry:
        registry.keeping.confirm_date(today, by=COMMAND_LINE)
    click.echo(f"{today} is confirmed: the night's work goes on within 10 minutes")
