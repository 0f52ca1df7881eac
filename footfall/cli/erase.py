"""`footfall erase --site HOST …`: erase days of a site, pages of it, or what was recorded with one visitor's cookie.

In: days, a pattern of paths (erase_pages.py), or a file with the value of a visitor's cookie (`__Host-footfall_dsr` or
`…_vid`), as that visitor hands it over. Out: rows gone, which is proved by reading every table. Days are an order of
the process that holds the store; a cookie becomes a demand in a spool of its own, as if its visitor had pressed the
button, and the cookie itself is not kept. What is on hold stays, and it is said why. What is older than a day is erased
by `footfall data delete`.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from collector.privacy.rights import demand_of, owner_of
from collector.settings import Settings
from collector.spool import Spool
from collector.spool.errors import SpoolError
from footfall.cli.asking import DAY, confirm
from footfall.cli.awaiting import LONG_SECONDS, await_end, done
from footfall.cli.erase_pages import erase_pages
from footfall.cli.opening import open_registry, read_settings, told_as_settings
from footfall.cli.remarks import remark
from footfall.cli.show import waiting
from footfall.restriction import refuse_if_held
from registry.errors import NotAllowed
from registry.registry import Registry
from registry.site import Site
from registry.sites import COMMAND_LINE

LONGEST_COOKIE = 256
FIRST_DAY = date(1970, 1, 1)


@click.command()
@click.option("--site", "host", required=True, help="The site.")
@click.option("--day", type=DAY, help="Erase this day of the site; with --until, all days from it on.")
@click.option("--until", type=DAY, help="The first day that stays.")
@click.option(
    "--visitor-cookie", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Erase what was recorded with the cookie whose value is in this file.",
)  # fmt: skip
@click.option("--path", "pattern", help="Erase pages whose path fits, as /staff/* or /u/**; all days, or those named.")
@click.option("--dry-run", is_flag=True, help="With --path: only count what would be erased.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(
    host: str, day: datetime | None, until: datetime | None, file: Path | None, pattern: str | None,
    *, dry_run: bool, yes: bool,
) -> None:  # fmt: skip
    """Erase days or pages of a site, or what belongs to one visitor's cookie."""
    if (file is not None) + (pattern is not None or day is not None) != 1 or (dry_run and pattern is None):
        raise NotAllowed("say what to erase: --day, --path or --visitor-cookie (--until and --dry-run say how much)")
    settings = read_settings()
    with open_registry(settings) as registry:
        site = registry.sites.get(host)
        if pattern is not None:
            days = day.date() if day else FIRST_DAY, _last_day(day, until)
            erase_pages(settings, registry, site, pattern, days, dry_run=dry_run, yes=yes)
        elif file is not None:
            _erase_cookie(settings, registry, site, file)
        elif day is not None:
            _erase_days(settings, registry, site, day.date(), _last_day(day, until), yes=yes)


def _last_day(day: datetime | None, until: datetime | None) -> date:
    """Return the first day that stays."""
    if until:
        return until.date()
    return (day.date() if day else datetime.now(UTC).date() + timedelta(days=1)) + timedelta(days=1)


def _erase_days(settings: Settings, registry: Registry, site: Site, since: date, until: date, *, yes: bool) -> None:
    if since >= until:
        raise NotAllowed("--until is the first day that stays: it has to come after --day")
    if not yes:
        confirm(f"This erases every figure of {site.host} from {since} up to {until} for good", site.host)
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
    refuse_if_held(registry, site.id)
    pepper = registry.peppers.all()[site.id]
    whose, number = owner_of(cookie, pepper)
    registry.looks.note(COMMAND_LINE, "machine", "machine", "erase", site.id, object="by a visitor's cookie")
    demand = demand_of(site.id, "erase", whose, number, time.time_ns() // 1_000_000)
    with told_as_settings(SpoolError):
        spool = Spool.open(settings.data / "spool" / f"erase-{secrets.token_hex(4)}")
        try:
            spool.append([demand])
        finally:
            spool.close()
    click.echo(f"{site.host}: what this cookie recorded is being erased")
    remark("a running server needs less than a minute; without one it is done at the next start")
