"""`footfall rescrub --site HOST --since DAY`: hold what is stored against the rules of today, and rewrite what differs.

An order (registry/orders.py), so it works beside a running server, which holds the store; without one this process
executes it. After a release with better rules, or after `site set HOST redact=…`.
"""

from __future__ import annotations

from datetime import datetime

import click

from footfall.cli.asking import DAY
from footfall.cli.awaiting import await_end, done
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.remarks import remark
from footfall.cli.show import waiting
from registry.sites import COMMAND_LINE

PATIENCE_SECONDS = 600.0


@click.command()
@click.option("--site", "host", required=True, help="Whose rows.")
@click.option("--since", required=True, type=DAY, help="From this day on, as 2026-01-31.")
def rescrub(host: str, since: datetime) -> None:
    """Rewrite stored paths and texts by the rules of today."""
    settings = read_settings()
    with open_registry(settings) as registry:
        site = registry.sites.get(host)
        args = {"site_id": site.id, "since": since.date().isoformat()}
        order = registry.orders.file("rescrub", args, COMMAND_LINE)
        with waiting(f"scrubbing {site.host}"):
            ended = done(await_end(settings, registry, order, PATIENCE_SECONDS), "rewriting")
        holds = registry.holds.list(site.id)
    click.echo(f"{site.host}: every stored text since {args['since']} is as it would be kept today")
    for hold in (one for one in holds if one.id in ended.result["held"]):
        remark(f"{hold.since} to {hold.until}: unchanged, because {hold.reason}; scrubbed when hold {hold.id} ends")
    if not ended.result["old_files_gone"]:
        click.echo("ClickHouse has not removed the replaced files yet; it does so by itself within minutes", err=True)
