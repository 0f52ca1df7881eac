"""`footfall notice HOST` and `footfall register HOST`: texts from live settings, to publish and to keep.

In: a site. Out on stdout: the privacy notice in five languages; the record of processing (Article 30) or one of its
annexes. Every figure is a setting's. That none of it is legal advice is said beside it, on stderr.
"""

from __future__ import annotations

import click

from collector.privacy.notice import notice_of
from collector.privacy.texts import LANGUAGES
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.remarks import remark
from footfall.register.annexes import ANNEXES
from footfall.register.facts import gather
from footfall.register.record import View, as_csv, as_json, as_markdown, entries_of
from registry.errors import NotAllowed

NO_ADVICE = "facts from the settings in force, no legal advice"


@click.command()
@click.argument("host")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="In which language.")
def notice(host: str, lang: str) -> None:
    """Print the text of the privacy notice."""
    settings = read_settings()
    with open_registry(settings) as registry:
        facts = gather(registry, registry.sites.get(host), settings)
    people = sum(facts.people.values())
    click.echo(notice_of(facts.site, lang, since=facts.since.timestamp(), people=people or None), nl=False)
    missing = [key for key in ("controller", "contact", "authority", "legal_basis") if not getattr(facts.site, key)]
    if missing:
        remark(f"not set, so the notice cannot tell it: {', '.join(missing)} (footfall site set {facts.site.host} …)")
    remark(NO_ADVICE)


@click.command()
@click.argument("host")
@click.option(
    "--controller", "view", flag_value="controller", default=True, help="Article 30(1): the site's own record."
)
@click.option("--processor", "view", flag_value="processor", help="Article 30(2): of who runs this for others.")
@click.option("--format", "form", type=click.Choice(("md", "json", "csv")), default="md", show_default=True)
@click.option("--annex", type=click.Choice(tuple(ANNEXES)), help="Instead of the record: one of its annexes.")
def register(host: str, view: View, form: str, annex: str | None) -> None:
    """Print the record of processing, or an annex to it."""
    if annex and form != "md":
        raise NotAllowed("an annex is a text: leave --format out")
    settings = read_settings()
    with open_registry(settings) as registry:
        facts = gather(registry, registry.sites.get(host), settings)
    if annex:
        click.echo(ANNEXES[annex](facts))
    elif form == "csv":
        click.echo(as_csv(entries_of(facts, view)), nl=False)
    else:
        click.echo(as_json(facts, view) if form == "json" else as_markdown(facts, view))
    remark(NO_ADVICE)
