"""`footfall site add|list|set|restore|history`: all of it is in the registry, so a running server is not disturbed.

In: hosts and settings as typed. Out: the tag to paste, a table, what changed. The collector follows within a second.
Removing a site touches the store, and stands in site_remove.py.
"""

from __future__ import annotations

import click
import msgspec

from footfall.cli.opening import open_registry, read_settings
from footfall.cli.remarks import remark
from footfall.cli.show import moment, show_json, show_table
from footfall.cli.snippet import show_tag
from registry.errors import NotAllowed
from registry.presets import PRESETS
from registry.site import CONSENT_MODES, Site
from registry.site_settings import differences


@click.command()
@click.argument("host")
@click.option("--name", default="", help="What the site is called on screen; its host unless given.")
@click.option("--timezone", default="UTC", show_default=True, help="Where its day begins, as Europe/Berlin.")
@click.option("--preset", default="standard", show_default=True, help=f"One of {', '.join(PRESETS)}.")
def add(host: str, name: str, timezone: str, preset: str) -> None:
    """Count a new site, and print the tag to paste."""
    settings = read_settings()
    with open_registry(settings) as registry:
        site = registry.sites.add(host, name=name, timezone=timezone, preset=preset)
    remark(f"{site.host} is counted from now on. Paste this into the head of every page:")
    show_tag(settings, site)
    _remind(site)


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
def list_sites(*, as_json: bool) -> None:
    """Show every site."""
    with open_registry() as registry:
        sites = registry.sites.list()
    if as_json:
        show_json(sites)
        return
    rows = [(site.host, site.name, _state(site), site.preset, site.mode, site.timezone) for site in sites]
    show_table(
        ("host", "name", "state", "preset", "mode", "time zone"),
        rows,
        empty="no site yet: footfall site add example.com",
    )


@click.command("set")
@click.argument("host")
@click.argument("changes", nargs=-1, required=True, metavar="KEY=VALUE...")
def set_settings(host: str, changes: tuple[str, ...]) -> None:
    """Change settings of a site: key=value, as many as you like.

    docs/settings.md lists them; an unknown key or value is answered with what is allowed.
    """
    with open_registry() as registry:
        before = registry.sites.get(host)
        after = registry.sites.set(host, dict(_key_and_value(change) for change in changes))
    told = differences(before, after)
    for key, old, new in told:
        click.echo(f"{key}: {old or '(empty)'} -> {new or '(empty)'}")
    if not told:
        remark("nothing changed: it was so already")
    _remind(after)


@click.command()
@click.argument("host")
def restore(host: str) -> None:
    """Count a frozen site again."""
    with open_registry() as registry:
        site = registry.sites.restore(host)
    click.echo(f"{site.host} is counted again")


@click.command()
@click.argument("host")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def history(host: str, *, as_json: bool) -> None:
    """Show who changed which setting when."""
    with open_registry() as registry:
        changes = registry.sites.history(host)
    if as_json:
        show_json([msgspec.to_builtins(change) for change in changes])
        return
    rows = [(moment(each.at), each.actor, each.key, each.before, each.after) for each in changes]
    show_table(("when", "who", "setting", "before", "after"), rows, empty="nothing was changed yet")


def _key_and_value(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign:
        raise NotAllowed(f"{text!r} is not key=value, as in mode=none; to empty a list write {text}=")
    return key.strip(), value


def _state(site: Site) -> str:
    return f"{site.state} until {moment(site.frozen_until)}" if site.frozen_until else site.state


def _remind(site: Site) -> None:
    if site.mode in CONSENT_MODES and not site.legal_basis:
        remark(
            f"nothing is counted in mode {site.mode} before you say on what ground: "
            f"footfall site set {site.host} legal_basis=consent"
        )
