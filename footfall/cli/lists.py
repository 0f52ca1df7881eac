"""`footfall lists update`: fetch Matomo's lists of search engines, social networks, assistants and referrer spam.

They are in the public domain (CC0) and add to our own table; where both know a host, ours wins. They land in the data
directory, where a running server picks them up.
"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from footfall.cli.opening import read_settings
from footfall.cli.show import waiting
from footfall.updates.fetch import UpdateFault
from footfall.updates.lists import MATOMO, update_lists

NAMES = {"search": "search engines", "social": "social networks", "assistant": "assistants", "spam": "spam hosts"}


@click.command()
@click.option("--from", "base", default="", help="A mirror: a URL or a directory with the same files.")
def update(base: str) -> None:
    """Fetch public lists of search engines, networks and referrer spam."""
    settings = read_settings()
    try:
        with waiting(f"asking {base or MATOMO}"):
            counts = update_lists(settings.data, base, datetime.now(UTC))
    except UpdateFault as error:
        raise click.ClickException(str(error)) from None
    told = ", ".join(f"{count:,} {NAMES[kind]}" for kind, count in counts.items())
    click.echo(f"{told} are in place; a running server uses them within two seconds")
