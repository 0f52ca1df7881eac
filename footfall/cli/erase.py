"""`footfall erase --site HOST …`: erase days of a site, or what was recorded with one visitor's cookie.

In: days, or a file with the value of a visitor's cookie (`__Host-footfall_dsr` or `…_vid`), as that visitor hands it
over. Out: rows gone, which is proved by reading every table. Days are an order of the process that holds the
store; a cookie becomes a demand in a spool of its own, as if its visitor had pressed the button, and the cookie itself
is not kept. What is on hold stays, and it is said why. What is older than a day is erased by `footfall data delete`.
"""

from __future__ import annotations

import secrets
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import click

from collector.distill.visitor import consented_number, shown_number
from collector.settings import Settings
from collector.spool import Spool
from collector.spool.errors import SpoolError
from collector.spool.record import SCHEMA, KeptDemand, encode_demand
from collector.vid import is_vid
from footfall.cli.awaiting import LONG_SECONDS, await_end, done
from footfall.cli.opening import open_registry, read_settings, told_as_settings
from footfall.cli.show import remark, waiting
from registry.errors import NotAllowed, WrongState
from registry.registry import Registry
from registry.site import Site
from registry.sites import COMMAND_LINE

DAY = click.DateTime(formats=["%Y-%m-%d"])
LONGEST_COOKIE = 256


@click.command()
@click.option("--site", "host", required=True, help="The site.")
@click.option("--day", type=DAY, help="Erase this day of the site; with --until, all days from it on.")
@click.option("--until", type=DAY, help="The first day that stays.")
@click.option(
    "--visitor-cookie", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Erase what was recorded with the cookie whose value is in this file.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(host: str, day: datetime | None, until: datetime | None, file: Path | None, *, yes: bool) -> None:
    """Erase days of a site, or what belongs to one visitor's cookie."""
    if (day is None) == (file is None):
        raise NotAllowed("say what to erase: --day with or without --until, or --visitor-cookie")
    settings = read_settings()
    with open_registry(settings) as registry:
        site = registry.sites.get(host)
        if file is not None:
            _erase_cookie(settings, registry, site, file)
        elif day is not None:
            last = until.date() if until else day.date() + timedelta(days=1)
            _erase_days(settings, registry, site, day.date(), last, yes=yes)


def _erase_days(settings: Settings, registry: Registry, site: Site, since: date, until: date, *, yes: bool) -> None:
    if since >= until:
        raise NotAllowed("--until is the first day that stays: it has to come after --day")
    if not yes:
        _ask(f"This erases every figure of {site.host} from {since} up to {until} for good", site.host)
    registry.looks.note(COMMAND_LINE, "machine", "machine", "erase", site.id, object=f"{since} to {until}")
    args = {"site_id": site.id, "since": since.isoformat(), "until": until.isoformat()}
    order = registry.orders.file("erase_days", args, COMMAND_LINE)
    with waiting(f"erasing days of {site.host}"):
        erased = done(await_end(settings, registry, order, LONG_SECONDS), "erasing").result["erased"]
    for first, last in erased:
        click.echo(f"{site.host}: nothing of {first} up to {last} is left; proved by reading every table")
    for hold in registry.holds.list(site.id, active=True):
        if hold.since < until and since < hold.until:
            remark(f"{hold.since} to {hold.until}: {hold.sentence}")


def _erase_cookie(settings: Settings, registry: Registry, site: Site, file: Path) -> None:
    cookie = file.read_text(encoding="ascii", errors="replace").strip()
    if not cookie or len(cookie) > LONGEST_COOKIE or not cookie.isprintable():
        raise NotAllowed(f"{file} does not hold the value of one cookie")
    for hold in registry.holds.list(site.id, active=True):
        raise WrongState(f"{hold.sentence}; hold {hold.id} has to be released first")
    pepper = registry.peppers.all()[site.id]
    whose, number = (
        ("cookie", consented_number(cookie, pepper)) if is_vid(cookie) else ("dsr", shown_number(cookie, pepper))
    )
    registry.looks.note(COMMAND_LINE, "machine", "machine", "erase", site.id, object="by a visitor's cookie")
    until = time.time_ns() // 1_000_000
    demand = KeptDemand(SCHEMA, site.id, "erase", whose, number, until, secrets.token_bytes(8))
    with told_as_settings(SpoolError):
        spool = Spool.open(settings.data / "spool" / f"erase-{secrets.token_hex(4)}")
        try:
            spool.append([encode_demand(demand)])
        finally:
            spool.close()
    click.echo(f"{site.host}: what this cookie recorded is being erased")
    remark("a running server needs less than a minute; without one it is done at the next start")


def _ask(sentence: str, word: str) -> None:
    if not sys.stdin.isatty():
        raise NotAllowed("this cannot be undone: say --yes to do it without being asked")
    if click.prompt(f"{sentence}. Type {word} to go on", err=True).strip().lower() != word:
        raise NotAllowed("that was something else: nothing was erased")
