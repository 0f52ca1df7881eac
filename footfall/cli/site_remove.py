"""`footfall site remove HOST [--now]`: frozen for 7 days, or deleted at once with a certificate.

Deleting is an order (registry/orders.py), so it works beside a running server, which holds the store. When no server
holds the data, this process takes the lock and executes the order itself (footfall/offline.py), also when a server
that was asked stops meanwhile. The certificate is JSON on stdout.
"""

from __future__ import annotations

import sys

import click

from collector.settings import Settings
from footfall.cli.awaiting import await_end
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.show import moment, remark, show_json, waiting
from registry.errors import NotAllowed, WrongState
from registry.registry import Registry
from registry.sites import COMMAND_LINE

PATIENCE_SECONDS = 180.0


@click.command()
@click.argument("host")
@click.option("--now", "at_once", is_flag=True, help="Delete everything now, for good, and print the certificate.")
@click.option("--yes", is_flag=True, help="With --now: do not ask to type the host.")
def remove(host: str, *, at_once: bool, yes: bool) -> None:
    """Freeze a site for 7 days, then delete it; or delete it now."""
    settings = read_settings()
    with open_registry(settings) as registry:
        if at_once:
            _delete(settings, registry, host, yes=yes)
        else:
            _freeze(registry, host)


def _freeze(registry: Registry, host: str) -> None:
    site = registry.sites.freeze(host)
    if site.state == "deleting":
        raise WrongState(f"{site.host} is being deleted already")
    click.echo(
        f"{site.host} is frozen: nothing is counted, and it is deleted for good after {moment(site.frozen_until)}"
    )
    remark(f"to undo: footfall site restore {site.host}; to delete it now: footfall site remove {site.host} --now")


def _delete(settings: Settings, registry: Registry, host: str, *, yes: bool) -> None:
    site = registry.sites.get(host)
    confirmed = "--yes" if yes else _typed(site.host)
    registry.sites.condemn(site.host)
    order = registry.orders.file("remove_site", {"site_id": site.id, "confirmed": confirmed}, COMMAND_LINE)
    with waiting(f"deleting {site.host}"):
        ended = await_end(settings, registry, order, PATIENCE_SECONDS)
    if ended.state == "waiting":
        raise WrongState(f"the running server has not deleted {site.host} yet; it goes on trying: look at its log")
    if ended.state == "failed":
        raise WrongState(f"{site.host} is not deleted: {ended.result['error']}; when mended, remove it once more")
    show_json({"site": site.host} | ended.result)


def _typed(host: str) -> str:
    """Ask for the host; raise `NotAllowed` when nobody can be asked or something else is typed."""
    if not sys.stdin.isatty():
        raise NotAllowed(f"deleting {host} cannot be undone: say --yes to do it without being asked")
    typed = click.prompt(f"This deletes every figure of {host} for good. Type its host to go on", err=True)
    if typed.strip().lower() != host:
        raise NotAllowed(f"{typed.strip()!r} is not {host}: nothing was deleted")
    return "host typed"
