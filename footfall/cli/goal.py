"""`footfall goal add|list|remove`: what a site hopes its visitors do.

A goal is a definition over what is kept already, so it holds for the past too, and removing one loses nothing.
"""

from __future__ import annotations

import click

from footfall.cli.opening import open_registry
from footfall.cli.show import show_json, show_table

_site = click.option("--site", "host", required=True, help="The site.")


@click.command()
@_site
@click.option("--page", default="", help="Path pattern: * within a part of the path, ** across parts.")
@click.option("--feature", default="", help="Name of a feature event.")
@click.option("--name", default="", help="What the goal is called; as it reads unless given.")
def add(host: str, page: str, feature: str, name: str) -> None:
    """Add a goal: visits of a page, or uses of a feature."""
    with open_registry() as registry:
        goal = registry.goals.add(host, page=page, feature=feature, name=name)
    click.echo(f"goal {goal.id}: {goal.name} ({goal.kind} {goal.pattern})")


@click.command("list")
@click.option("--site", "host", default=None, help="Of this site only.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_goals(host: str | None, *, as_json: bool) -> None:
    """Show the goals of one site or of all."""
    with open_registry() as registry:
        hosts = [host] if host else [site.host for site in registry.sites.list()]
        found = [(each, goal) for each in hosts for goal in registry.goals.list(each)]
    if as_json:
        show_json([{"site": each, "goal": goal} for each, goal in found])
        return
    rows = [(each, str(goal.id), goal.name, goal.kind, goal.pattern) for each, goal in found]
    empty = "no goal yet: footfall goal add --site example.com --page '/thanks*'"
    show_table(("site", "id", "name", "kind", "pattern"), rows, empty=empty)


@click.command()
@_site
@click.argument("name")
def remove(host: str, name: str) -> None:
    """Remove a goal by its name or number."""
    with open_registry() as registry:
        registry.goals.remove(host, name)
    click.echo(f"the goal {name} is gone; what was counted stays")
