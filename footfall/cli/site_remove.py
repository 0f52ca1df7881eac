"""`footfall site remove HOST [--now]`: frozen for 7 days, or deleted at once with a certificate.

Deleting is an order (registry/orders.py), so it works beside a running server, which holds the store. When no server
holds the data, this process takes the lock and executes the order itself (footfall/offline.py), also when a server
that was asked stops meanwhile. The certificate is JSON on stdout. With `--keep-backup-until` it names a backup that was
sealed before, with a key that is not here.
"""

from __future__ import annotations

from datetime import datetime
from typing import TextIO

import click

from collector.settings import Settings
from footfall.cli.asking import DAY, confirm
from footfall.cli.awaiting import await_end
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.remarks import remark
from footfall.cli.show import moment, show_json, waiting
from footfall.wayout.kept import MISSING
from footfall.wayout.sealing import NoKey, can_seal, check_public
from registry.errors import NotAllowed, WrongState
from registry.registry import Registry
from registry.sites import COMMAND_LINE

PATIENCE_SECONDS = 180.0


@click.command()
@click.argument("host")
@click.option("--now", "at_once", is_flag=True, help="Delete everything now, for good, and print the certificate.")
@click.option("--yes", is_flag=True, help="With --now: do not ask to type the host.")
@click.option("--keep-backup-until", "keep_until", type=DAY, help="Keep a backup sealed by the owner's key till then.")
@click.option("--public-key", type=click.File("r"), help="With --keep-backup-until: the owner's public key.")
def remove(host: str, *, at_once: bool, yes: bool, keep_until: datetime | None, public_key: TextIO | None) -> None:
    """Freeze a site for 7 days, then delete it; or delete it now."""
    settings = read_settings()
    with open_registry(settings) as registry:
        if keep_until or public_key:
            _instruct(registry, host, keep_until, public_key)
        if at_once:
            _delete(settings, registry, host, yes=yes)
        else:
            _freeze(registry, host)


def _instruct(registry: Registry, host: str, keep_until: datetime | None, public_key: TextIO | None) -> None:
    """Note that the owner wants a sealed backup to be kept. Raises NotAllowed."""
    if keep_until is None or public_key is None:
        raise NotAllowed("--keep-backup-until and --public-key belong together: a backup is kept for who has the key")
    if not can_seal():
        raise NotAllowed(MISSING)
    key = public_key.read().strip()
    try:
        check_public(key)
    except NoKey as fault:
        raise NotAllowed(f"{public_key.name}: {fault}") from None
    site = registry.sites.get(host)
    if site.state == "deleting":
        raise WrongState(f"{site.host} is being deleted already")
    registry.partings.instruct(site.id, keep_until.date(), key, by=COMMAND_LINE)
    remark(f"a backup that only this key opens is kept until {keep_until.date()}, then deleted")


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
    if not yes:
        confirm(f"This deletes every figure of {site.host} for good", site.host)
    registry.sites.condemn(site.host)
    order = registry.orders.file(
        "remove_site", {"site_id": site.id, "confirmed": "--yes" if yes else "host typed"}, COMMAND_LINE
    )
    with waiting(f"deleting {site.host}"):
        ended = await_end(settings, registry, order, PATIENCE_SECONDS)
    if ended.state == "waiting":
        raise WrongState(f"the running server has not deleted {site.host} yet; it goes on trying: look at its log")
    if ended.state == "failed":
        raise WrongState(f"{site.host} is not deleted: {ended.result['error']}; when mended, remove it once more")
    show_json({"site": site.host} | ended.result)
