"""Tools: what `distill` needs besides its arguments, opened once and read-only from then on.

In: where salts come from, the path of a geography file where there is one, and the directory in which the operator's
updates appear (footfall/updates). Out: `Tools`: look-ups, each behind a bounded table of recent answers.
What is read from the operator's files follows them: `refresh`, about once a second, by whoever runs the process.
Invariant: the tables live in memory only and are small, because some of their keys are personal before scrubbing:
agents, raw paths, hosts, tags and names are forgotten with the process or when newer ones push them out; long ones are
not remembered at all, so a flood cannot make the tables big, nor are queries of a length that ids have. Addresses and
salts are in no table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from collector.distill.device import MAX_AGENT, Agent, AgentReader
from collector.distill.directory import Directory, Word
from collector.distill.edition import Edition, editions
from collector.distill.followed import Followed
from collector.distill.geo import Credit, GeoFile, GeoReader
from collector.distill.place import country_of_zones
from collector.distill.recent import Recent
from collector.distill.scrub.path import Patterns, tidy
from collector.distill.scrub.props import Key, key_of
from collector.distill.scrub.query import MAX_VALUE, Tags, click_ids_of, read_query
from collector.distill.scrub.text import scrub
from collector.distill.source import External, LookUps, external_of
from collector.distill.url import remembering
from collector.distill.visitor import Pepper, Salt
from registry.site import Site

PATHS = 16_384
PAGES = 4_096
QUERIES = 1_024
AGENTS = 8_192
HOSTS = 4_096
WORDS = 4_096
GEO_FILE = "geo.mmdb"
LISTS_FILE = "lists/sources.toml"
"""Where in the data directory the operator's updates lie."""
LONGEST_KEY = 256
"""Characters of a key that is still remembered; an ordinary path has 20, an ordinary host 15."""
MAX_NAME = 120
LONGEST_QUERY = 80
"""A campaign's tags; with a click id it is longer, and comes only once."""

Answer = TypeVar("Answer")


class Tools(msgspec.Struct, frozen=True):
    """The tools of one process."""

    salt: Salt
    """The salt of (site, local day); the caller decides what a day other than today is given."""
    agent: Callable[[str], Agent]
    edition: Callable[[Site], Edition]
    bearings: Recent[tuple[object, ...], Any]
    """Recent answers of bearing.py."""
    path: Callable[[str, Patterns, Patterns, Patterns], str | None]
    query: Callable[[str, Patterns], Tags]
    key: Callable[[str], Key]
    name: Callable[[str], str]
    look_up: LookUps
    zones: Mapping[str, str]
    """IANA zone -> country."""
    geo: GeoReader | None = None
    refresh: Callable[[], None] = lambda: None
    """Look whether the operator's files have changed."""
    pepper: Pepper = lambda _site_id: b""
    """With what a consented visitor's cookie becomes a number; without one, everybody has a number of the day."""
    credit: Callable[[], Credit | None] = lambda: None
    """Whom the geography file's licence asks to name beside what it tells."""


class _Names(NamedTuple):
    """The questions a directory answers, memoised."""

    external: Callable[[str], External]
    word: Callable[[str], Word]


def _names(lists: Path | None) -> _Names:
    more = lists.read_text(encoding="utf-8") if lists else ""
    directory = Directory(_data("sources.toml"), _data("spam.txt"), more)
    return _Names(
        external=_remember(lambda name: external_of(name, directory), HOSTS),
        word=_remember(directory.by_word, WORDS),
    )


def open_tools(
    salt: Salt, geo_path: Path | None = None, data: Path | None = None, pepper: Pepper = lambda _site_id: b""
) -> Tools:
    """Open everything; `data` is where the operator's updates are, or will be.

    Raises OSError or maxminddb.InvalidDatabaseError when the geography file cannot be read, ValueError or KeyError
    when the operator's list cannot.
    """
    names = Followed(data / LISTS_FILE if data else None, _names)
    agents = AgentReader(_data("agents.toml"))
    path = _remember_paths()
    geo = _open_geo(geo_path, data)

    def refresh() -> None:
        names.refresh()
        if geo:
            geo.refresh()

    return Tools(
        salt=salt,
        pepper=pepper,
        agent=_remember(agents.read, AGENTS, MAX_AGENT),
        edition=editions(lambda: names.now),
        bearings=Recent(PAGES),
        path=path,
        query=_remember_queries(),
        key=_remember(key_of, WORDS),
        name=_remember(lambda value: scrub(value, MAX_NAME), WORDS),
        look_up=LookUps(
            split=remembering(PAGES, LONGEST_KEY),
            external=lambda host: names.now.external(host),
            word=lambda written: names.now.word(written),
            path=path,
        ),
        zones=country_of_zones(),
        geo=geo,
        refresh=refresh,
        credit=geo.credit if geo else lambda: None,
    )


def _open_geo(path: Path | None, data: Path | None) -> GeoFile | None:
    """Open the file that a setting names, which must be there, or follow the one an update may bring."""
    if path:
        return GeoFile(path)
    return GeoFile(data / GEO_FILE, may_be_absent=True) if data else None


def _data(name: str) -> str:
    return files("collector.data").joinpath(name).read_text(encoding="utf-8")


def _remember(answer: Callable[[str], Answer], size: int, longest: int = LONGEST_KEY) -> Callable[[str], Answer]:
    """Remember the latest answers of a pure function; a long question is answered anew each time."""
    known = lru_cache(maxsize=size)(answer)
    return lambda text: known(text) if len(text) <= longest else answer(text)


def _remember_queries() -> Callable[[str, Patterns], Tags]:
    tag = _remember(lambda value: scrub(value, MAX_VALUE), WORDS)
    click_ids = click_ids_of(_data("clickids.toml"))

    def read(raw: str, keep: Patterns) -> Tags:
        return read_query(raw, keep, click_ids, tag)

    known = lru_cache(maxsize=QUERIES)(read)
    return lambda raw, keep: (known if len(raw) <= LONGEST_QUERY else read)(raw, keep)


def _remember_paths() -> Callable[[str, Patterns, Patterns, Patterns], str | None]:
    known = lru_cache(maxsize=PATHS)(tidy)

    def path(raw: str, exclude: Patterns, redact: Patterns, keep: Patterns) -> str | None:
        return (known if len(raw) <= LONGEST_KEY else tidy)(raw, exclude, redact, keep)

    return path
