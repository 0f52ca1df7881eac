"""Query: what of a query string is kept: a campaign's tags, an advertising network's name, and what the site allows.

In: the raw query and the site's `keep_query`. Out: `Tags`.
Invariants: a click id becomes the name of the network and is gone; session keys are never kept; every value is
scrubbed and at most 100 characters; everything not named here does not leave this function.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qsl

import msgspec

from collector.distill.scrub.words import DENIED_NAME, SESSION_NAME

MAX_VALUE = 100
MAX_QUERY = 1024
MAX_PARAMETERS = 100


class Tags(msgspec.Struct, frozen=True):
    """What a query string told and may be kept. `source` and `ref` are the plain words besides `utm_source`."""

    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_content: str = ""
    utm_term: str = ""
    source: str = ""
    ref: str = ""
    click: str = ""
    kept: str = ""


NO_TAGS = Tags()
_ESCAPES = str.maketrans({"%": "%25", "&": "%26", "=": "%3D"})
NAMES = frozenset(Tags.__struct_fields__) - {"click", "kept"}


def click_ids_of(table: str) -> dict[str, str]:
    """Read data/clickids.toml: parameter, in lower case -> network."""
    networks: dict[str, str] = tomllib.loads(table)
    return {name: network for network, names in networks.items() for name in names.split()}


def read_query(raw: str, keep: Sequence[str], click_ids: Mapping[str, str], scrub: Callable[[str], str]) -> Tags:
    """Read a query string. `scrub` cuts to 100 characters too; the first of a repeated name counts."""
    if not raw:
        return NO_TAGS
    tags: dict[str, str] = {}
    wanted = {name.lower() for name in keep}
    kept: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True)[:MAX_PARAMETERS]:
        key = name.lower()
        if key in click_ids:
            tags.setdefault("click", click_ids[key])
        elif SESSION_NAME.fullmatch(key):
            continue
        elif key in NAMES:
            tags.setdefault(key, scrub(value))
        elif key in wanted:
            kept.setdefault(key, "[redacted]" if DENIED_NAME.fullmatch(key) else scrub(value))
    return Tags(**tags, kept=_joined(kept, keep))


def _joined(kept: Mapping[str, str], order: Sequence[str]) -> str:
    """Write the kept pairs in the site's order; `&`, `=` and `%` are escaped so that they can be read back."""
    pairs = (f"{_plain(name)}={_plain(kept[name.lower()])}" for name in order if name.lower() in kept)
    return "&".join(pairs)[:MAX_QUERY]


def _plain(text: str) -> str:
    return text.translate(_ESCAPES)
