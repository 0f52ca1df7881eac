"""Lists: Matomo's public lists of search engines, social networks, assistants and referrer spam, for this machine.

In: where they are: Matomo's two repositories (CC0), or a URL or directory with the same four files. Out: one file,
DATA/lists/sources.toml, in the format of collector/data/sources.toml, which a running server reads within two seconds;
or an `UpdateFault`, and everything is as it was. Our own table wins where both know a host; patterns with a path are
left out, because of an external referrer only the host is kept. The only module of this room that names yaml.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import yaml

from collector.distill.tools import LISTS_FILE
from footfall.lock import make_data
from footfall.updates.fetch import Limits, NotThere, UpdateFault, fetch
from footfall.updates.swap import swap_in, workshop

MATOMO = "https://raw.githubusercontent.com/matomo-org"
FILE_BYTES = 2 << 20
LONGEST_NAME = 80

_HOST = re.compile(r"\.?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z0-9-]{2,63}|\*)")


class Part(NamedTuple):
    """One of the files."""

    file: str
    kind: str
    repository: str
    is_suffix: bool
    """Its hosts stand for everything below them too."""
    is_optional: bool = False


PARTS = (
    Part("SearchEngines.yml", "search", "searchengine-and-social-list", is_suffix=False),
    Part("Socials.yml", "social", "searchengine-and-social-list", is_suffix=True),
    Part("AIAssistants.yml", "assistant", "searchengine-and-social-list", is_suffix=True, is_optional=True),
    Part("spammers.txt", "spam", "referrer-spam-list", is_suffix=False),
)
Table = dict[str, list[str]]
"""Name -> patterns, as in collector/data/sources.toml."""


def update_lists(data: Path, base: str, now: datetime) -> dict[str, int]:
    """Fetch, convert, put in place; return how many names there are of each kind (hosts, of spam).

    Raises UpdateFault.
    """
    make_data(data)
    tables: dict[str, Table] = {}
    with workshop(data) as folder:
        for part in PARTS:
            text = _fetched(part, base, folder / part.file)
            tables[part.kind] = table_of(text, part) if text else {}
        new = folder / "new.toml"
        new.write_text(_toml(tables, base or MATOMO, now), encoding="utf-8")
        tomllib.loads(new.read_text(encoding="utf-8"))
        swap_in(new, data / LISTS_FILE)
    return {kind: len(table.get("hosts", ()) if kind == "spam" else table) for kind, table in tables.items()}


def _fetched(part: Part, base: str, to: Path) -> str:
    try:
        fetch(base or f"{MATOMO}/{part.repository}/master", part.file, to, Limits(FILE_BYTES))
        return to.read_text(encoding="utf-8")
    except NotThere:
        if part.is_optional:
            return ""
        raise
    except UnicodeDecodeError:
        raise UpdateFault(f"{part.file} is not text in UTF-8") from None


def table_of(text: str, part: Part) -> Table:
    """Convert one file. Raises UpdateFault when it is not what it should be."""
    if part.kind == "spam":
        table = {"hosts": [found for line in text.splitlines() if (found := pattern_of(line, is_suffix=False))]}
    else:
        table = {}
        for name, told in _mapping(text, part.file).items():
            patterns = [found for url in _urls(told) if (found := pattern_of(url, part.is_suffix))]
            if patterns and len(name) <= LONGEST_NAME and name.isprintable():
                table[name] = sorted(set(patterns))
    if not any(table.values()):
        raise UpdateFault(f"{part.file} holds no host: it is not the list it should be")
    return table


def pattern_of(url: str, is_suffix: bool) -> str:
    """Convert a host as Matomo writes it (`{}` stands for a country) to our way; empty: it cannot be said in ours."""
    host = url.strip().lower().removeprefix("www.")
    if host.startswith("{}."):
        host = host[2:]
    elif is_suffix:
        host = f".{host}"
    if host.endswith(".{}"):
        host = f"{host[:-2]}*"
    return host if _HOST.fullmatch(host) else ""


def _mapping(text: str, file: str) -> Mapping[str, object]:
    """Read YAML without aliases: a few lines of them can stand for more than any machine holds."""
    try:
        has_alias = any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader))
        told = None if has_alias else yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise UpdateFault(f"{file} is not YAML as it should be") from None
    if not isinstance(told, dict):
        raise UpdateFault(f"{file} is not a plain table of names")
    return {str(name).strip(): hosts for name, hosts in told.items()}


def _urls(told: object) -> Iterator[str]:
    """Yield the hosts of one name: a list of them, or a list of tables with `urls`."""
    for entry in told if isinstance(told, list) else ():
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            yield from (url for url in entry.get("urls") or () if isinstance(url, str))


def _toml(tables: Mapping[str, Table], base: str, now: datetime) -> str:
    lines = [f"# Written by `footfall lists update`, {now:%Y-%m-%d %H:%M} UTC, from {base}"]
    for kind, table in tables.items():
        lines += ["", f"[{kind}]"]
        # JSON's string is TOML's, as long as it is printable.
        lines += [f"{json.dumps(name)} = {json.dumps(' '.join(patterns))}" for name, patterns in table.items()]
    return "\n".join(lines) + "\n"
