"""`footfall audit` and `footfall audit verify FILE`: the privacy self-audit, and whether a report of one is genuine.

An order (registry/orders.py): the process that holds the store makes the checks, a running server or this one. Out:
each check with its evidence, or the signed JSON. Exit 0: no check failed; 1: one did, or a report is not genuine;
2: usage. What was skipped is told with the reason and is not a pass.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import click
import msgspec

from footfall.audit.report import KIND, as_text
from footfall.cli.awaiting import await_end, done
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.show import waiting
from footfall.wayout.certificate import is_genuine, key_in
from registry.errors import NotAllowed, WrongState
from registry.sites import COMMAND_LINE

PATIENCE_SECONDS = 1800.0
LOG = click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True)


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="The signed report, as it is kept.")
@click.option("--live", default="", metavar="URL", help="Ask the server at its public address, not on this machine.")
@click.option("--log", "logs", type=LOG, multiple=True, help="Search this log, too: the proxy's, or your own.")
@click.pass_context
def audit(context: click.Context, as_json: bool, live: str, logs: tuple[Path, ...]) -> None:
    """Check what is promised to visitors, and prove it."""
    if context.invoked_subcommand is not None:
        return
    settings = read_settings()
    args = {"live": checked_address(live), "logs": [str(log) for log in logs]}
    with open_registry(settings) as registry:
        order = registry.orders.file("audit", args, COMMAND_LINE)
        with waiting("checking twenty-five promises"):
            ended = done(await_end(settings, registry, order, PATIENCE_SECONDS), "the self-audit")
        found = registry.audits.get(ended.result["audit"])
        hosts = {site.id: site.host for site in registry.sites.list()}
    click.echo(found.report if as_json else as_text(msgspec.json.decode(found.report), hosts))
    if found.failed:
        context.exit(1)


@audit.command()
@click.argument("file", type=click.File("rb"))
def verify(file: BinaryIO) -> None:
    """Say whether a report was signed here and never changed."""
    settings = read_settings()
    try:
        report: dict[str, Any] = msgspec.json.decode(file.read(), type=dict)
    except msgspec.DecodeError:
        report = {}
    if report.get("kind") != KIND:
        raise NotAllowed("this is no report of a self-audit: it has to be what `footfall audit --json` printed")
    if not is_genuine(report, key_in(settings.data)):
        raise WrongState("not genuine: another installation signed it, or something in it was changed")
    click.echo(f"genuine: signed here, and unchanged since {report['at']}")


def checked_address(text: str) -> str:
    """Return an address without its last slash; raise `NotAllowed` for what is none."""
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise NotAllowed(f"{text!r} is not an address; one looks like https://stats.example.com")
    return text.rstrip("/")
