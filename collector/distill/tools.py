"""Tools: what `distill` needs besides its arguments, opened once and read-only from then on.

In: where salts come from, and the path of a geography file where there is one. Out: `Tools`: look-ups, each behind a
bounded table of recent answers.
Invariant: the tables live in memory only and are small, because some of their keys are personal before scrubbing:
agents, raw paths and hosts are forgotten with the process or when newer ones push them out; long ones are not
remembered at all, so a flood cannot make the tables big. Addresses are in no table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import msgspec

from collector.distill.device import MAX_AGENT, Agent, AgentReader
from collector.distill.directory import Directory
from collector.distill.place import GeoReader, country_of_zones, open_geo
from collector.distill.scrub.path import Patterns, tidy
from collector.distill.scrub.props import Key, key_of
from collector.distill.scrub.query import MAX_VALUE, click_ids_of
from collector.distill.scrub.text import scrub
from collector.distill.source import LookUps, external_of
from collector.distill.visitor import Salt

PATHS = 16_384
AGENTS = 8_192
HOSTS = 4_096
WORDS = 4_096
LONGEST_KEY = 256
"""Characters of a key that is still remembered; an ordinary path has 20, an ordinary host 15."""

Answer = TypeVar("Answer")


class Tools(msgspec.Struct, frozen=True):
    """The tools of one process."""

    salt: Salt
    """The salt of (site, local day); the caller decides what a day other than today is given."""
    agent: Callable[[str], Agent]
    path: Callable[[str, Patterns, Patterns, Patterns], str | None]
    tag: Callable[[str], str]
    key: Callable[[str], Key]
    click_ids: Mapping[str, str]
    look_up: LookUps
    zones: Mapping[str, str]
    """IANA zone -> country."""
    geo: GeoReader | None = None


def open_tools(salt: Salt, geo_path: Path | None = None) -> Tools:
    """Open everything. Raises OSError or maxminddb.InvalidDatabaseError when the geography file cannot be read."""
    directory = Directory(_data("sources.toml"), _data("spam.txt"))
    agents = AgentReader(_data("agents.toml"))
    path = _remember_paths()
    return Tools(
        salt=salt,
        agent=_remember(agents.read, AGENTS, MAX_AGENT),
        path=path,
        tag=_remember(lambda value: scrub(value, MAX_VALUE), WORDS),
        key=_remember(key_of, WORDS),
        click_ids=click_ids_of(_data("clickids.toml")),
        look_up=LookUps(
            external=_remember(lambda name: external_of(name, directory), HOSTS),
            word=_remember(directory.by_word, WORDS),
            path=path,
        ),
        zones=country_of_zones(),
        geo=open_geo(geo_path) if geo_path else None,
    )


def _data(name: str) -> str:
    return files("collector.data").joinpath(name).read_text(encoding="utf-8")


def _remember(answer: Callable[[str], Answer], size: int, longest: int = LONGEST_KEY) -> Callable[[str], Answer]:
    """Remember the latest answers of a pure function; a long question is answered anew each time."""
    known = lru_cache(maxsize=size)(answer)
    return lambda text: known(text) if len(text) <= longest else answer(text)


def _remember_paths() -> Callable[[str, Patterns, Patterns, Patterns], str | None]:
    known = lru_cache(maxsize=PATHS)(tidy)

    def path(raw: str, exclude: Patterns, redact: Patterns, keep: Patterns) -> str | None:
        return (known if len(raw) <= LONGEST_KEY else tidy)(raw, exclude, redact, keep)

    return path
