"""Where the store is: a DSN read into a Target, or one line that says what is wrong with it.

In: `chdb:///absolute/directory`, or `clickhouse://user:password@host:8123/database?cluster=name`; `clickhouses://`
speaks TLS; several hosts stand separated by commas. Out: Target, a plain value. Pure: nothing is opened here.
No message repeats the user or the password.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from clickhouse.faults import StoreMisconfigured

FORMS = "chdb:///directory, clickhouse://user:password@host:8123/database or clickhouses://… for TLS"
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}\Z")
"""Names of databases and clusters are pasted into DDL (they cannot be bound), so they are this and no more."""


class Host(msgspec.Struct, frozen=True):
    """One server to try."""

    name: str
    port: int


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A store to connect to: a directory (embedded) or hosts (server)."""

    database: str
    directory: Path | None = None
    hosts: tuple[Host, ...] = ()
    tls: bool = False
    user: str = "default"
    password: str = ""
    cluster: str = ""


def read_dsn(dsn: str, database: str) -> Target:
    """Read a DSN; a database named in it wins over `database`. Raises StoreMisconfigured."""
    parts = urlsplit(dsn)
    if parts.scheme == "chdb":
        return Target(database=_name("database", database), directory=_directory(parts.netloc, parts.path))
    if parts.scheme not in ("clickhouse", "clickhouses"):
        raise StoreMisconfigured(f"STORE must look like {FORMS}")
    tls = parts.scheme == "clickhouses"
    credentials, _, addresses = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    options = parse_qs(parts.query, keep_blank_values=True)
    if unknown := sorted(set(options) - {"cluster"}):
        raise StoreMisconfigured(f"STORE has an unknown option {unknown[0]!r}; there is only `cluster`")
    return Target(
        database=_name("database", unquote(parts.path.strip("/")) or database),
        hosts=tuple(_host(address, 8443 if tls else 8123) for address in addresses.split(",")),
        tls=tls,
        user=unquote(user) or "default",
        password=unquote(password),
        cluster=_name("cluster", options["cluster"][-1]) if "cluster" in options else "",
    )


def _directory(netloc: str, path: str) -> Path:
    if netloc or not path.startswith("/"):
        raise StoreMisconfigured("STORE chdb:// needs an absolute directory: chdb:///var/lib/footfall/store")
    return Path(unquote(path))


def _host(address: str, default_port: int) -> Host:
    try:
        parts = urlsplit(f"//{address}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    if not name or parts.path:
        raise StoreMisconfigured(f"STORE has a host that cannot be read; it must look like {FORMS}")
    return Host(name, port or default_port)


def _name(what: str, value: str) -> str:
    if not IDENTIFIER.match(value):
        raise StoreMisconfigured(f"STORE: a {what} is named with letters, digits and _ only, not {value!r}")
    return value
