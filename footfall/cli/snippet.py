"""`footfall snippet HOST`: the tag to paste, alone on stdout.

Its address comes from BASE_URL. Where that is not set, the tag points at this machine, at the server that runs here or
at the one that LISTEN tells of, and a remark says so.
"""

from __future__ import annotations

import html

import click

from collector.settings import Settings
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.remarks import remark
from footfall.whereabouts import address_in, own_address
from registry.site import Site


@click.command()
@click.argument("host")
def snippet(host: str) -> None:
    """Print the tag to paste into a site's pages."""
    settings = read_settings()
    with open_registry(settings) as registry:
        site = registry.sites.get(host)
    show_tag(settings, site)


def show_tag(settings: Settings, site: Site) -> None:
    """Print a site's tag."""
    base_url = settings.base_url or address_in(settings.data) or own_address(settings.listen)
    click.echo(tag(base_url, site.host))
    if not settings.base_url:
        remark("this tag works on this machine only: set FOOTFALL_BASE_URL to your public address for the real one")


def tag(base_url: str, host: str) -> str:
    """Return the tag of a site as HTML."""
    return f'<script defer src="{html.escape(base_url)}/s.js" data-site="{html.escape(host)}"></script>'
