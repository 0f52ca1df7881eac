"""`footfall doctor [--url URL]`: does a visit at the public address arrive in the report, and if not, why.

In: an address (the one of FOOTFALL_BASE_URL, else this machine's). Out: what was looked at, each with a sentence, and
for what is wrong how to mend it. Exit 1 when something is. What it sent is erased before it ends.
"""

from __future__ import annotations

import click

from footfall.audit.http import Door
from footfall.cli.audit import checked_address
from footfall.cli.awaiting import await_end
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.remarks import remark
from footfall.doctor import examine
from footfall.whereabouts import address_in, own_address
from registry.sites import COMMAND_LINE

SWEEP_SECONDS = 60.0


@click.command()
@click.option("--url", default="", help="The public address; else FOOTFALL_BASE_URL, else this machine.")
@click.pass_context
def doctor(context: click.Context, url: str) -> None:
    """Send a marked visit through the public address, and follow it to the report."""
    settings = read_settings()
    here = address_in(settings.data) or own_address(settings.listen)
    door = Door(checked_address(url) or settings.base_url or here)
    is_well = True
    with open_registry(settings) as registry:
        for name, found in examine(door, settings, registry):
            is_well &= found.status != "FAIL"
            click.echo(f"{found.status}  {name}: {found.evidence}")
            if found.mend:
                click.echo(f"      -> {found.mend}")
        order = registry.orders.file("sweep", {}, COMMAND_LINE)
        if await_end(settings, registry, order, SWEEP_SECONDS).state != "done":
            remark("what was sent is not erased yet: the running server goes on with that")
    if not is_well:
        context.exit(1)
