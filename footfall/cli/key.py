"""`footfall key add|list|revoke`: keys for programs that ask (stats:read) or send (events:write).

A new key is printed once, alone on stdout, so that `KEY=$(footfall key add …)` works; its id goes to stderr.
"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from footfall.cli.opening import open_registry
from footfall.cli.remarks import remark
from footfall.cli.show import moment, show_json, show_table
from registry.keys import SCOPES, Key


@click.command()
@click.option("--site", "host", required=True, help="The site that the key is for.")
@click.option("--scope", required=True, help=f"Comma list of {', '.join(SCOPES)}.")
@click.option("--name", default="", help="What it is for.")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=None, help="How long it works; until revoked unless given."
)
def add(host: str, scope: str, name: str, days: int | None) -> None:
    """Make an API key, and print it this once."""
    with open_registry() as registry:
        key, secret = registry.keys.add(host, scope.split(","), name, days=days)
    click.echo(secret)
    remark(f"key {key.id} for {key.host} ({', '.join(key.scopes)}); it is shown only now: footfall keeps no copy")


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_keys(*, as_json: bool) -> None:
    """Show the keys, without their secrets."""
    with open_registry() as registry:
        keys = registry.keys.list()
    if as_json:
        show_json(keys)
        return
    rows = [
        (each.id, each.host, each.name, ", ".join(each.scopes), _state(each), moment(each.used_at)) for each in keys
    ]
    empty = "no key yet: footfall key add --site example.com --scope stats:read"
    show_table(("id", "site", "name", "scopes", "state", "last use"), rows, empty=empty)


@click.command()
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """End a key for good."""
    with open_registry() as registry:
        registry.keys.revoke(key_id)
    click.echo(f"key {key_id} is worthless from now on")


def _state(key: Key) -> str:
    if key.revoked_at:
        return f"revoked {moment(key.revoked_at)}"
    if not key.is_valid_at(datetime.now(UTC)):
        return f"expired {moment(key.expires_at)}"
    return f"until {moment(key.expires_at)}" if key.expires_at else "valid"
