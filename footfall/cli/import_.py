"""`footfall import accesslog FILE|- --site HOST`: page views from before the tag, or from pages that carry none.

Works whether or not a server is running on the same data directory. What it says is numbers; no line of the log, no
address and no agent is ever printed. Loading this module loads the bridge and the store.
"""

from __future__ import annotations

import click

from collector.spool.errors import SpoolError
from footfall.cli.opening import open_registry, read_settings, told_as_settings
from footfall.cli.remarks import remark
from footfall.importing.formats import FORMATS, Format
from footfall.importing.lines import PIPE, UnreadableLog
from footfall.importing.run import Outcome, Wish, import_log
from footfall.importing.sieve import WithinAnother
from footfall.importing.worker import NotALog
from registry.errors import NotAllowed

MAX_NAME = 60


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("--site", "host", required=True, help="The site whose log it is.")
@click.option("--follow", "follows", is_flag=True, help="Go on with what is added, also after the log is rotated.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="auto", show_default=True, help="Of the lines.")
@click.option("--log", "name", default="", help="Tells the logs of several servers of one site apart.")
def accesslog(file: str, host: str, form: Format, name: str, *, follows: bool) -> None:
    """Count page views from a web server's access log."""
    if len(name) > MAX_NAME:
        raise NotAllowed(f"--log takes at most {MAX_NAME} characters")
    settings = read_settings()
    wish = Wish(host=host, file=file, form=form, follows=follows and file != PIPE, name=name)
    try:
        with told_as_settings(SpoolError), open_registry(settings) as registry:
            outcome = import_log(settings, registry, wish)
    except (NotALog, UnreadableLog, WithinAnother) as error:
        raise click.ClickException(str(error)) from None
    _tell(outcome)


def _tell(outcome: Outcome) -> None:
    for sentence in outcome.summary.sentences(outcome.host):
        click.echo(sentence)
    if not outcome.is_stored and outcome.summary.kept:
        remark("they are safe on disk, and the running server (or the next one to start) brings them to the report")
    if outcome.trouble:
        raise click.ClickException(outcome.trouble)
