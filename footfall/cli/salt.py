"""`footfall salt destroy`: forget now what could recognise today's visitors of a site.

The order is left for the running server, which may hold the salt in its memory; a salt kept in a directory or a Redis
is destroyed here and at once, server or not. Visitors of the rest of the day are counted anew.
"""

from __future__ import annotations

import click

from footfall.cli.opening import open_registry, read_settings
from registry.salts import open_salts
from registry.sites import COMMAND_LINE


@click.command()
@click.option("--site", "host", required=True, help="The site.")
def destroy(host: str) -> None:
    """Forget today's salt of a site now: nobody can be recognised."""
    settings = read_settings()
    with open_registry(settings) as registry:
        site = registry.sites.get(host)
        registry.orders.file("forget_salt", {"site_id": site.id}, COMMAND_LINE)
        open_salts(settings.salts, settings.data).destroy(site.id)
    click.echo(f"today's salt of {site.host} is destroyed; a running server forgets it within two seconds")
