"""`footfall user add|list|grant|revoke|password|remove`: who may sign in to the dashboard, and what they may do.

A password comes from a prompt or, for programs, as the first line of stdin; never from an argument, where every user
of the machine could read it. It is not printed, kept or logged.
"""

from __future__ import annotations

import sys
from typing import Any

import click
import msgspec

from footfall.cli.opening import open_registry
from footfall.cli.show import moment, show_json, show_table
from registry.errors import NotAllowed
from registry.registry import Registry
from registry.users import ROLES, Grant, Term, User, checked_email, checked_role

_role = click.option("--role", default="viewer", show_default=True, help=f"One of {', '.join(ROLES)}.")
_site = click.option("--site", "host", default=None, help="On this site only; on every site unless given.")
_stdin = click.option("--password-stdin", "from_stdin", is_flag=True, help="Read the password from stdin.")


@click.command()
@click.argument("email")
@_role
@_site
@_stdin
def add(email: str, role: str, host: str | None, *, from_stdin: bool) -> None:
    """Let someone sign in to the dashboard."""
    # Whoever mistypes the rest should not have to type a password first.
    address, checked = checked_email(email), checked_role(role)
    with open_registry() as registry:
        if host is not None:
            registry.sites.get(host)
        user = registry.users.add(address, _password(from_stdin=from_stdin), checked, host)
    if checked == "support":
        click.echo(f"{user.email} may sign in, and sees nothing until an owner lets support in")
        return
    click.echo(f"{user.email} may sign in as {role} on {host or 'every site'}")


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_users(*, as_json: bool) -> None:
    """Show who may sign in, and what they may do."""
    with open_registry() as registry:
        found = [(user, registry.users.grants(user)) for user in registry.users.list()]
    if as_json:
        show_json([_as_json(user, list(grants)) for user, grants in found])
        return
    rows = [(user.email, "; ".join(_in_words(grant) for grant in grants)) for user, grants in found]
    show_table(("e-mail", "roles"), rows, empty="nobody yet: footfall user add ada@example.com --role owner")


@click.command()
@click.argument("email")
@_role
@_site
@click.option("--hours", type=int, default=0, help="For support, which is let in to one site for 1 to 24 hours.")
@click.option("--reason", default="", help="Why support is let in; whoever answers for the site reads it.")
def grant(email: str, role: str, host: str | None, hours: int, reason: str) -> None:
    """Give someone a role, on one site or on all."""
    with open_registry() as registry:
        registry.users.grant(email, role, host, Term(hours=hours, reason=reason))
        _show_roles(registry, email)


@click.command()
@click.argument("email")
@_site
def revoke(email: str, host: str | None) -> None:
    """Take a role away."""
    with open_registry() as registry:
        registry.users.revoke(email, host)
        _show_roles(registry, email)


@click.command()
@click.argument("email")
@_stdin
def password(email: str, *, from_stdin: bool) -> None:
    """Change a password, and end all sessions of that user."""
    with open_registry() as registry:
        user = registry.users.get(email)
        registry.users.set_password(user.email, _password(from_stdin=from_stdin))
    click.echo(f"{user.email} has a new password and is signed out everywhere")


@click.command()
@click.argument("email")
def remove(email: str) -> None:
    """Remove someone, with all roles and sessions."""
    with open_registry() as registry:
        registry.users.remove(email)
    click.echo(f"{email} may not sign in any more")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise NotAllowed("nobody is here to type a password: say --password-stdin and write it to stdin")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed


def _show_roles(registry: Registry, email: str) -> None:
    user = registry.users.get(email)
    words = "; ".join(_in_words(each) for each in registry.users.grants(user))
    click.echo(f"{user.email}: {words or 'no role, so nothing to see'}")


def _in_words(grant: Grant) -> str:
    until = f" until {moment(grant.expires_at)}" if grant.expires_at else ""
    return f"{grant.role} on {grant.host or 'every site'}{until}"


def _as_json(user: User, grants: list[Grant]) -> dict[str, Any]:
    roles = [{"role": each.role, "site": each.host} for each in grants]
    return {"email": user.email, "created_at": msgspec.to_builtins(user.created_at), "roles": roles}
