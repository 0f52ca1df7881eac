"""`footfall request list|show|extend|close|forward|letter`: what visitors asked for, and by when it has to be answered.

The queue of one site or of all; a request that nobody's site could take stands there without one, and `forward` hands
it on. Steps have the same rules as on the dashboard's page. A letter is text on stdout, made from the request and the
site's settings, to be sent by a person: nothing is sent from here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import click

from footfall.cli.opening import open_registry
from footfall.cli.remarks import remark
from footfall.cli.show import show_json, show_table
from registry.letters import LANGUAGES, LETTERS, letter_of
from registry.registry import Registry
from registry.requests import Outcome, Request
from registry.site import Site
from registry.sites import COMMAND_LINE


@click.command("list")
@click.option("--site", "host", default=None, help="Of this site only.")
@click.option("--closed", is_flag=True, help="Those that are closed.")
@click.option("--json", "as_json", is_flag=True, help="For programs; without what was written.")
def list_requests(host: str | None, *, closed: bool, as_json: bool) -> None:
    """Show what visitors asked for, the one due first first."""
    now = datetime.now(UTC)
    with open_registry() as registry:
        site_id = registry.sites.get(host).id if host else None
        found = registry.requests.list(site_id, closed=closed)
    rows = [
        (
            str(one.id),
            one.host if one.site_id else f"{one.host} (nobody's: forward it)",
            one.kind,
            f"{one.received_at:%Y-%m-%d}",
            f"{one.answer_by:%Y-%m-%d}{' (overdue)' if one.is_overdue(now) else ''}",
            one.outcome or one.status,
        )
        for one in found
    ]
    columns = ("id", "site", "kind", "received", "answer by", "state")
    if as_json:
        show_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    show_table(columns, rows, empty="nobody waits for an answer")


@click.command()
@click.argument("number", type=int)
def show(number: int) -> None:
    """Show one request, with what was written."""
    with open_registry() as registry:
        one = registry.requests.get(number)
        registry.looks.note(COMMAND_LINE, "machine", "machine", "request", one.site_id, object=f"request {number}")
    show_json(one)


@click.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it takes longer; the visitor is told it.")
def extend(number: int, reason: str) -> None:
    """Take two more months, once, with a reason."""
    with open_registry() as registry:
        one = registry.requests.extend(number, reason, by=COMMAND_LINE)
        _note_step(registry, one, "extend")
    click.echo(f"request {number} has to be answered by {one.answer_by:%Y-%m-%d}")
    remark(f"tell the visitor within the first month: footfall request letter {number} --kind extend")


@click.command()
@click.argument("number", type=int)
@click.option("--outcome", type=click.Choice(get_args(Outcome)), required=True, help="How it ended.")
def close(number: int, outcome: str) -> None:
    """Close a request; what was written is erased with that."""
    with open_registry() as registry:
        one = registry.requests.close(number, outcome, by=COMMAND_LINE)
        _note_step(registry, one, "close")
    click.echo(f"request {number} is closed ({outcome}); what was written is erased")


@click.command()
@click.argument("number", type=int)
@click.option("--site", "host", required=True, help="Whose it is.")
def forward(number: int, host: str) -> None:
    """Hand a request that came to the operator to the site it is about."""
    with open_registry() as registry:
        one = registry.requests.forward(number, host, by=COMMAND_LINE)
        _note_step(registry, one, "forward")
    click.echo(f"request {number} is with {one.host} now")


@click.command()
@click.argument("number", type=int)
@click.option("--kind", type=click.Choice(LETTERS), required=True, help="Which letter.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=LANGUAGES[0], help="The visitor's language.")
@click.option("--reason", default="", help="For `refuse`: what to add.")
def letter(number: int, kind: str, lang: str, reason: str) -> None:
    """Print a letter about a request."""
    with open_registry() as registry:
        one = registry.requests.get(number)
        site = registry.sites.by_id(one.site_id) if one.site_id else None
    today = datetime.now(UTC).date()
    click.echo(letter_of(one, site or Site(id=0, host=one.host), kind, lang, today, reason=reason), nl=False)


def _note_step(registry: Registry, one: Request, step: str) -> None:
    note = registry.looks.note
    note(COMMAND_LINE, "machine", "machine", "request step", one.site_id, f"request {one.id}", step)
