"""`footfall geo update`: fetch a file that tells countries, or cities, by address.

DB-IP Lite needs nothing; GeoLite2 needs an account with MaxMind, whose licence key comes from stdin, never from an
argument, where every user of the machine could read it. The file lands in the data directory, where a running server
picks it up; it is used as long as FOOTFALL_GEO names no other.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import get_args

import click

from collector.distill.geo import Edition
from footfall.cli.opening import read_settings
from footfall.cli.remarks import remark
from footfall.cli.show import waiting
from footfall.updates.fetch import SignIn, UpdateFault
from footfall.updates.geo import BASES, GeoOrder, Source, update_geo


@click.command()
@click.option("--source", type=click.Choice(get_args(Source)), default="dbip", show_default=True, help="Whose file.")
@click.option("--edition", type=click.Choice(get_args(Edition)), default="country", show_default=True, help="How near.")
@click.option("--account", default="", help="Your MaxMind account id, for geolite2.")
@click.option("--key-stdin", is_flag=True, help="Read your MaxMind licence key from stdin.")
@click.option("--from", "base", default="", help="A mirror: a URL or a directory with the same files.")
def update(source: Source, edition: Edition, account: str, *, key_stdin: bool, base: str) -> None:
    """Fetch a geography file from DB-IP (no key needed) or MaxMind."""
    settings = read_settings()
    key = sys.stdin.readline().strip() if key_stdin else ""
    sign_in = SignIn(account, key) if account and key else None
    order = GeoOrder(source=source, edition=edition, base=base, sign_in=sign_in)
    try:
        with waiting(f"asking {base or BASES[source]}"):
            origin = update_geo(settings.data, order, datetime.now(UTC))
    except UpdateFault as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{origin.type} of {origin.built:%Y-%m-%d} is in place; a running server uses it within two seconds")
    if settings.geo:
        remark(f"FOOTFALL_GEO names {settings.geo}: that file is used until the setting is gone")
