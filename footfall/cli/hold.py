"""`footfall hold add|list|release`: days of a site that a law or a dispute keeps from being deleted.

A hold needs a reason and a day of review, which is told when it is overdue. Its rows are moved out of sight by the
process that holds the store (an order): they count in no report, no night deletes them, and who asks for their
erasure is told why not. `footfall data isolate` is the same verb by another name.
"""

from __future__ import annotations

import copy
from datetime import date, datetime

import click

from footfall.cli.asking import DAY
from footfall.cli.awaiting import LONG_SECONDS, await_end, done
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.remarks import remark
from footfall.cli.show import show_table, waiting
from registry.sites import COMMAND_LINE


@click.command()
@click.argument("host", required=False)
@click.option("--site", help="The site, said this way instead.")
@click.option("--since", type=DAY, required=True, help="The first day.")
@click.option("--until", type=DAY, required=True, help="The first day that is not covered.")
@click.option("--reason", required=True, help="Why; it is told to who wanted these days erased.")
@click.option("--review", type=DAY, required=True, help="When somebody looks at it again, within a year.")
def add(host: str | None, site: str | None, since: datetime, until: datetime, reason: str, review: datetime) -> None:
    """Keep days of a site from being deleted, unseen, until a day of review."""
    if bool(host) == bool(site):
        raise click.UsageError("name the site once: HOST or --site HOST")
    _place(host or site or "", since, until, reason, review)


def _place(host: str, since: datetime, until: datetime, reason: str, review: datetime) -> None:
    settings = read_settings()
    with open_registry(settings) as registry:
        site = registry.sites.get(host)
        hold = registry.holds.add(site.id, since.date(), until.date(), reason, review.date(), by=COMMAND_LINE)
        order = registry.orders.file("hold", {"hold_id": hold.id}, COMMAND_LINE)
        with waiting(f"isolating days of {site.host}"):
            done(await_end(settings, registry, order, LONG_SECONDS), "the hold is placed, but moving its rows")
    click.echo(f"hold {hold.id} on {site.host}: {hold.since} to {hold.until}, to be reviewed on {hold.review_at}")
    remark(f"its days are in no report; to end it: footfall hold release {hold.id}")


isolate = copy.copy(add)
isolate.name = "isolate"


@click.command("list")
@click.option("--all", "with_released", is_flag=True, help="Those that have ended, too.")
def list_holds(*, with_released: bool) -> None:
    """Show what is on hold, and why."""
    with open_registry() as registry:
        hosts = {site.id: site.host for site in registry.sites.list()}
        holds = registry.holds.list(active=not with_released)
        overdue = {hold.id for hold in registry.holds.overdue()}
    rows = [
        (
            str(hold.id),
            hosts.get(hold.site_id, ""),
            f"{hold.since} to {hold.until}",
            f"{hold.review_at}{' (overdue)' if hold.id in overdue else ''}",
            _day(hold.released_at.date() if hold.released_at else None),
            hold.reason,
        )
        for hold in holds
    ]
    show_table(("hold", "site", "days", "review", "released", "reason"), rows, empty="nothing is on hold")


@click.command()
@click.argument("number", type=int)
def release(number: int) -> None:
    """End a hold: its days come back, and age like all others."""
    settings = read_settings()
    with open_registry(settings) as registry:
        registry.holds.get(number)
        order = registry.orders.file("release_hold", {"hold_id": number}, COMMAND_LINE)
        with waiting("bringing its rows back"):
            done(await_end(settings, registry, order, LONG_SECONDS), "bringing the rows back")
    click.echo(f"hold {number} is released; what is over the site's limit is deleted in the next night")


def _day(day: date | None) -> str:
    return "–" if day is None else day.isoformat()
