"""The settings of an installation: one table, from the environment or `footfall.toml`, checked before anything starts.

In: `FOOTFALL_<NAME>` variables (they win) and the keys of `footfall.toml` (the same names in lower case).
Out: one frozen `Settings`, or a `SettingsError` of one line that names the setting and what it allows.
`SETTINGS` is the only list: defaults, help and docs/settings.md (`settings_page`) come from it.
Nothing else in the collector reads the environment. A site's own settings are the registry's (registry/site.py).
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from collector import setting_values as values
from collector.setting_values import Listen, Network

PREFIX = "FOOTFALL_"


class SettingsError(ValueError):
    """A setting that cannot be used: one line for the operator, which never quotes a secret."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table."""

    name: str
    default: str
    unit: str = ""
    help: str
    allowed: str
    parse: Callable[[str], object]
    is_secret: bool = False
    """Its value holds, or may hold, a password: never shown, never quoted."""


SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="DATA",
        default="./footfall-data",
        help="Directory of the spool, the embedded store and the registry file. Made with mode 0700.",
        allowed="a path",
        parse=values.path,
    ),
    Setting(
        name="STORE",
        default="chdb://",
        help="Where events are kept: the embedded ClickHouse (inside DATA), or a ClickHouse server; "
        "`clickhouses://` speaks TLS, several hosts are separated by commas.",
        allowed="`chdb://`, `chdb:///absolute/path` or `clickhouse(s)://user:password@host:port/database`",
        parse=values.one_of(r"chdb://(/.*)?|clickhouses?://[^\s/]\S*"),
        is_secret=True,
    ),
    Setting(
        name="REGISTRY",
        default="sqlite://",
        help="Where sites, people and keys are kept: an SQLite file (inside DATA), or PostgreSQL.",
        allowed="`sqlite://`, `sqlite:////absolute/file` or `postgresql://user:password@host/database`",
        parse=values.one_of(r"sqlite://(/.+)?|postgresql(\+\w+)?://\S+"),
        is_secret=True,
    ),
    Setting(
        name="SALTS",
        default="auto",
        help="Where the daily random keys live. They must not outlive their day: `auto` is a directory in memory "
        "(tmpfs) where there is one, else the process; a directory on a disk and a Redis that persists are refused.",
        allowed="`auto`, `dir:/run/footfall`, `memory:` or `redis://host:port/0`",
        parse=values.one_of(r"auto|dir:/.*|memory:|(redis|rediss|unix)://\S+"),
        is_secret=True,
    ),
    Setting(
        name="BASE_URL",
        default="",
        help="Public address of this installation; may have a path. Needed unless it listens on loopback, where the "
        "address of each request is good enough.",
        allowed="`https://stats.example.com` or `https://example.com/_f`",
        parse=values.base_url,
    ),
    Setting(
        name="TRUSTED_PROXIES",
        default="127.0.0.1/32,::1/128",
        help="Proxies whose `X-Forwarded-For` (or, where there is none, `Forwarded`) is believed: the client is the "
        "rightmost hop outside these networks. A proxy that writes only `Forwarded` must remove the other header.",
        allowed="addresses and CIDR networks separated by commas; `*` and `/0` are refused",
        parse=values.networks,
    ),
    Setting(
        name="GEO",
        default="",
        help="MaxMind-format file with countries or cities. Unless set, the file that `footfall geo update` leaves in "
        "DATA is used; without any, the browser's time zone gives the country.",
        allowed="a path to an .mmdb file, or empty",
        parse=values.optional_path,
    ),
    Setting(
        name="METRICS_TOKEN",
        default="",
        help="Bearer token for `/metrics`. Without one, `/metrics` answers only on loopback.",
        allowed="letters, digits and `-._~+/=`, at least 16",
        parse=values.one_of(r"|[A-Za-z0-9._~+/=-]{16,}"),
        is_secret=True,
    ),
    Setting(
        name="LISTEN",
        default="127.0.0.1:8000",
        help="Where `footfall serve` listens; `--host` and `--port` win.",
        allowed="`host:port`, as `0.0.0.0:8000` or `[::]:8000`",
        parse=values.listen,
    ),
    Setting(
        name="RATE_LIMIT",
        default="3000",
        unit="requests a minute",
        help="Event requests from one client address (IPv6: one /64) before `429`. A thousand people behind one "
        "address stay below the default. 0 switches it off. A trusted proxy that names no client is not limited.",
        allowed="a whole number",
        parse=values.count,
    ),
    Setting(
        name="BACKUP_DAYS",
        default="30",
        unit="days",
        help="How long backups are kept. So long is remembered, in DATA alone, what was erased, so that "
        "`footfall restore` erases it again; delete older backups.",
        allowed="a whole number",
        parse=values.count,
    ),
    Setting(
        name="LOG_LEVEL",
        default="info",
        help="How much is logged. No level logs an address, an agent, a page or a cookie.",
        allowed=", ".join(f"`{level}`" for level in values.LOG_LEVELS),
        parse=values.level,
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The parsed table: one field per row, named in lower case."""

    data: Path
    store: str
    registry: str
    salts: str
    base_url: str
    trusted_proxies: tuple[Network, ...]
    geo: Path | None
    metrics_token: str
    listen: Listen
    rate_limit: int
    backup_days: int = 30
    log_level: str

    def __repr__(self) -> str:
        shown = {row.name.lower(): getattr(self, row.name.lower()) for row in SETTINGS if not row.is_secret}
        return f"Settings({shown})"

    def is_embedded(self) -> bool:
        return self.store.startswith("chdb:")

    def store_dsn(self) -> str:
        """`store` with the directory filled in for the embedded engine."""
        return f"chdb://{self.data / 'store'}" if self.store == "chdb://" else self.store

    def registry_url(self) -> str:
        """`registry` with the file filled in for SQLite."""
        return f"sqlite:///{self.data / 'registry.sqlite'}" if self.registry == "sqlite://" else self.registry

    def base_path(self) -> str:
        """Path under which the public address serves us: empty, or `/_f`."""
        return urlsplit(self.base_url).path


def load(environ: Mapping[str, str], file: Path | None = None) -> Settings:
    """Read the settings; `file` is a `footfall.toml` that need not exist. Raises SettingsError."""
    texts = _texts_of(file) if file is not None and file.is_file() else {}
    for row in SETTINGS:
        if PREFIX + row.name in environ:
            texts[row.name] = environ[PREFIX + row.name]
    return Settings(**{row.name.lower(): _value(row, texts.get(row.name, row.default)) for row in SETTINGS})


def check_reachable(settings: Settings) -> None:
    """Refuse to listen beyond loopback without a BASE_URL: links and cookies would follow any Host header."""
    if not settings.base_url and not settings.listen.is_loopback():
        raise SettingsError(
            f"FOOTFALL_BASE_URL is needed to listen on {settings.listen.host}: the public address, as https://stats.example.com"
        )


def misspelt(environ: Mapping[str, str]) -> list[str]:
    """One line for each `FOOTFALL_` variable that looks like a setting spelt wrongly."""
    names = [row.name for row in SETTINGS]
    lines = []
    for variable in sorted(environ):
        name = variable.removeprefix(PREFIX)
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
        if variable.startswith(PREFIX) and name not in names and near:
            lines.append(f"{variable} is not a setting; did you mean {PREFIX}{near[0]}?")
    return lines


def settings_page() -> str:
    """The table as the Markdown of docs/settings.md: one heading for each setting."""
    lines = [
        "Each is an environment variable, or a key of `footfall.toml` in the working directory (same name, lower "
        "case, without the prefix). The environment wins.",
        "",
    ]
    for row in SETTINGS:
        default = f"`{row.default}`" if row.default else "empty"
        unit = f" {row.unit}" if row.unit else ""
        bounds = f"Default: {default}{unit}. Allowed: {row.allowed}."
        lines += [f"### `{PREFIX}{row.name}`", "", row.help, "", bounds, ""]
    return "\n".join(lines)


def _texts_of(file: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {type(error).__name__}; it must be TOML") from None
    names = {row.name.lower(): row.name for row in SETTINGS}
    for key in table:
        if key not in names:
            raise SettingsError(f"{file}: {key} is not a setting; allowed: {', '.join(names)}")
    return {names[key]: _text(value) for key, value in table.items()}


def _text(value: object) -> str:
    return ",".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _value(row: Setting, text: str) -> Any:
    try:
        return row.parse(text.strip())
    except ValueError:
        quoted = " is not understood;" if row.is_secret or "@" in text else f" cannot be {text!r};"
        raise SettingsError(f"{PREFIX}{row.name}{quoted} allowed: {row.allowed.replace('`', '')}") from None
