"""`footfall erase --site HOST --path PATTERN`: erase the events of pages whose path fits, counted before it is done.

In: a pattern as `exclude` has it, days. Out: no such path is left, which is proved; or, with --dry-run, how many there
are. Both are orders of the process that holds the store. The pattern may be what has to be forgotten: it stands in no
note of who looked, and leaves the order when that has ended.
"""

from __future__ import annotations

from datetime import date

import click

from collector.settings import Settings
from footfall.cli.asking import confirm
from footfall.cli.awaiting import LONG_SECONDS, await_end, done
from footfall.cli.remarks import remark
from footfall.cli.show import waiting
from registry.errors import NotAllowed
from registry.registry import Registry
from registry.setting import path_pattern
from registry.site import Site
from registry.sites import COMMAND_LINE


def erase_pages(
    settings: Settings, registry: Registry, site: Site, pattern: str, days: tuple[date, date],
    *, dry_run: bool, yes: bool,
) -> None:  # fmt: skip
    """Count, ask, erase."""
    since, until = days
    if since >= until:
        raise NotAllowed("--until is the first day that stays: it has to come after --day")
    try:
        meant = path_pattern(pattern)
    except ValueError as error:
        raise NotAllowed(f"--path: {error}") from None
    args = {"site_id": site.id, "since": since.isoformat(), "until": until.isoformat(), "pattern": meant}
    with waiting(f"looking for such pages of {site.host}"):
        order = registry.orders.file("erase_pages", args | {"only_count": True}, COMMAND_LINE)
        found = done(await_end(settings, registry, order, LONG_SECONDS), "counting").result
    told = f"{found['rows']} events of {found['pages']} pages of {site.host}"
    if dry_run:
        click.echo(f"{told} would be erased")
    else:
        if not yes:
            confirm(f"This erases {told} for good", site.host)
        registry.looks.note(COMMAND_LINE, "machine", "machine", "erase", site.id, object="pages by a pattern")
        order = registry.orders.file("erase_pages", args | {"only_count": False}, COMMAND_LINE)
        with waiting(f"erasing pages of {site.host}"):
            done(await_end(settings, registry, order, LONG_SECONDS), "erasing")
        click.echo(f"{site.host}: no such page is left ({told}); proved by reading every table")
    for hold in registry.holds.list(site.id, active=True):
        if hold.since < until and since < hold.until:
            remark(f"{hold.since} to {hold.until}: {hold.sentence}; erase again when hold {hold.id} ends")
