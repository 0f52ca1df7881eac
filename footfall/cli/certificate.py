"""`footfall certificate list|verify FILE`: the proofs of removals, kept after the sites are gone.

In: the registry's ended orders, or a certificate as it was printed. Out: JSON, or one line that says whether this
installation signed it and nothing was changed since (exit 1: no).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

import click
import msgspec

from footfall.cli.opening import open_registry, read_settings
from footfall.cli.show import moment, show_table
from footfall.wayout.certificate import is_genuine, key_in
from footfall.wayout.kept import ended
from registry.errors import NotAllowed, WrongState
from registry.orders import Order


@click.command("list")
def list_certificates() -> None:
    """Show which removals left a certificate."""
    with open_registry() as registry:
        done = [order for order in registry.orders.removals() if "reference" in order.result]
        ends = ended(registry.orders)
    rows = [
        (order.result["reference"], moment(order.ended_at), _kept(order, ends), order.result["digest"])
        for order in done
    ]
    show_table(("reference", "deleted", "backup", "digest"), rows, empty="no site was ever deleted here")


def _kept(order: Order, ends: Mapping[int, Order]) -> str:
    """Say what has become of a backup that was to be kept."""
    kept = order.result.get("kept_backup")
    if not kept:
        return "none"
    end = ends.get(order.args["site_id"])
    return f"deleted {end.result['deleted_at'][:10]}" if end else f"sealed, until {kept['kept_until']}"


@click.command()
@click.argument("file", type=click.File("rb"))
def verify(file: BinaryIO) -> None:
    """Say whether a certificate was signed here and never changed."""
    settings = read_settings()
    try:
        certificate = msgspec.json.decode(file.read(), type=dict)
    except msgspec.DecodeError:
        raise NotAllowed("this is no certificate: it has to be the JSON that `footfall site remove` printed") from None
    if not is_genuine(certificate, key_in(settings.data)):
        raise WrongState("not genuine: another installation signed it, or something in it was changed")
    click.echo(f"genuine: signed here, and unchanged since {certificate['deleted_at']}")
