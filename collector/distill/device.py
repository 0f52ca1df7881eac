"""Device: what kind of machine and browser an agent names, and whether anything says that it is no person.

In: a User-Agent string. Out: `Agent`: names, short versions, a device class, and the rule that calls it a robot.
Invariant: the string itself goes nowhere; versions are cut to what a report needs (browser: major; system: two parts),
because a full version helps to tell people apart.
All patterns, the parser's, the crawler list's and our own words, run in the parser's Rust engine: about 0.1 ms for an
agent never seen; `Tools` remembers the answers in a bounded table, in memory only. What tells the same is one pattern:
each is a machine of its own, and 2,000 of them were 10 MB of every process. The words are data (agents.toml);
which families are a phone's or a desktop's is the vocabulary of `user_agents`, whose own parser takes ten times as
long.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import msgspec
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from ua_parser.core import Domain
from ua_parser.loaders import load_lazy_builtins
from ua_parser.regex import Resolver
from user_agents.parsers import (
    MOBILE_BROWSER_FAMILIES,
    MOBILE_DEVICE_FAMILIES,
    MOBILE_OS_FAMILIES,
    PC_OS_FAMILIES,
    TABLET_DEVICE_FAMILIES,
)

from collector.distill.scrub.text import scrub

MAX_AGENT = 512
NO_AGENT = "no agent"
MAX_NAME = 40
MAX_VERSION = 5

# `(Linux; Android 13; Spider 8)`: what stands in these brackets is a maker's fancy, not what the agent does.
_DEVICE = re.compile(r"(\((?:Linux|X11|MIDP|Android)[^)]*?(?:Android|Adr)[\d. ]*)[^)]*\)")
# A pattern without operators: it stands for itself.
_PLAIN = re.compile(r"(?:[^\\.^$*+?{}\[\]|()]|\\[^A-Za-z0-9])+")
# Some engine or some system: what every browser says, and what is missing from tools that only borrow its first word.
_ENGINE = re.compile(r"Gecko|KHTML|WebKit|MSIE|Trident|Presto|Opera|UCWEB|NetFront|MIDP|HbbTV|Obigo|WAP|Nintendo", re.I)


# Families that settle the class; a browser's family is asked last, since a phone's browser runs on tablets too.
_FAMILIES: dict[str, str] = {
    **dict.fromkeys(MOBILE_BROWSER_FAMILIES, "mobile"),
    **dict.fromkeys(PC_OS_FAMILIES, "desktop"),
    **dict.fromkeys(MOBILE_OS_FAMILIES, "mobile"),
}
# A device's family is its name in the agent: looked for as a word, it needs none of the parser's 633 device patterns.
_FAMILY_WORDS: dict[str, list[str]] = {
    "tablet": [re.escape(family) for family in TABLET_DEVICE_FAMILIES],
    "mobile": [re.escape(family) for family in MOBILE_DEVICE_FAMILIES],
}


class Agent(msgspec.Struct, frozen=True):
    """What an agent says about itself, in our words."""

    browser: str = ""
    browser_version: str = ""
    os: str = ""
    os_version: str = ""
    device: str = ""
    robot: str = ""
    """The rule that calls it a robot, or empty."""


class _Row(NamedTuple):
    """One pattern for the engine, in the engine's own words; `family` is what it tells."""

    regex: str
    family: str | None = None
    """Nothing: what the first brackets found."""
    major: str | None = None
    minor: str | None = None
    patch: str | None = None
    patch_minor: str | None = None


class Told(NamedTuple):
    """A name and the parts of its version."""

    name: str = ""
    version: tuple[str, ...] = ()


NOTHING = Told()


class _Words:
    """Patterns that each tell a name; the first in order wins. Neighbours that tell the same are one pattern."""

    def __init__(self, words: Iterable[tuple[str, str]], flags: str = "") -> None:
        named = ((name, "|".join(word for _, word in same)) for name, same in groupby(words, itemgetter(0)))
        self._find = _finder(_Row(flags + pattern, name) for name, pattern in named)

    def tell(self, agent: str) -> Told:
        found = self._find(agent, Domain.USER_AGENT).user_agent
        return Told(found.family, _parts(found.major, found.minor)) if found else NOTHING


class _Crawlers:
    """The crawler list. Nearly all of it are plain words: those are one pattern, and what it found is the name."""

    def __init__(self, patterns: Iterable[str]) -> None:
        plain: list[str] = []
        others: list[str] = []
        for pattern in patterns:
            (plain if _PLAIN.fullmatch(pattern) else others).append(pattern)
        rows = [_Row(f"({'|'.join(plain)})")] if plain else []
        self._find = _finder((*rows, *(_Row(pattern, _readable(pattern)) for pattern in others)))

    def tell(self, agent: str) -> str:
        found = self._find(agent, Domain.USER_AGENT).user_agent
        return _readable(found.family) if found else ""


def _finder(rows: Iterable[_Row]) -> Resolver:
    return Resolver((list(rows), [], []))  # type: ignore[arg-type]  # rows have the attributes of matchers


def _readable(pattern: str) -> str:
    """Name an entry of the crawler list by its own pattern."""
    return re.sub(r"[^\w -]+", "", pattern.replace("\\/", ""))[:MAX_NAME].strip()


def _parts(*version: str | None) -> tuple[str, ...]:
    """Keep the parts that are there; more than five digits are a build, not a version."""
    return tuple(part for part in version if part and len(part) <= MAX_VERSION)


class AgentReader:
    """The engines, loaded once."""

    def __init__(self, table: str) -> None:
        data = tomllib.loads(table)
        browsers, systems, _ = load_lazy_builtins()
        self._parse = Resolver((browsers, systems, []))
        self._browser_names = _by_family(data["browsers"])
        self._system_names = _by_family(data["systems"])
        self._browser_words = _Words(_versioned(data["browser_words"]))
        self._system_words = _Words(_versioned(data["system_words"]))
        self._system_guesses = _Words(_versioned(data["system_guesses"]))
        self._unversioned = frozenset(data["unversioned"]["systems"])
        self._unversioned_browsers = frozenset(data["unversioned"]["browsers"])
        self._forms = _Words((*_each(data["forms"]), *_each(_FAMILY_WORDS)), "(?i)")
        self._models = _Words(_each(data["models"]), "(?i)")
        self._phones = _Words(_each(data["phones"]), "(?i)")
        self._people = _Words(("people", word) for word in data["crawlers"]["people"])
        spared = frozenset(data["crawlers"]["not_crawlers"])
        self._crawlers = _Crawlers(row["pattern"] for row in CRAWLER_USER_AGENTS_DATA if row["pattern"] not in spared)
        self._robots = _Words(data["robots"].items(), "(?i)")

    def read(self, text: str) -> Agent:
        """Read an agent; whatever it is, the answer is short and clean."""
        agent = text[:MAX_AGENT]
        if not agent.isascii():
            # The engine takes UTF-8, and half a surrogate pair is none.
            agent = agent.encode("utf-8", "replace").decode()
        unnamed = _DEVICE.sub(r"\1)", agent)
        seen = self._parse(unnamed, Domain.USER_AGENT).user_agent
        below = self._parse(agent, Domain.OS).os
        browser = self._browser_words.tell(agent)
        if not browser.name and seen:
            name = self._browser_names.get(seen.family, seen.family)
            browser = Told(name, _parts(seen.major))
        system = self._system_words.tell(agent)
        if not system.name and below:
            system = Told(self._system_names.get(below.family, below.family), _parts(below.major, below.minor))
        system = system if system.name else self._system_guesses.tell(agent)
        major = "" if browser.name in self._unversioned_browsers else "".join(browser.version[:1])
        return Agent(
            browser=scrub(browser.name, MAX_NAME),
            browser_version=scrub(major, MAX_NAME),
            os=scrub(system.name, MAX_NAME),
            os_version="" if system.name in self._unversioned else scrub(".".join(system.version), MAX_NAME),
            device=self._form(agent, system.name, seen.family if seen else "", below.family if below else ""),
            robot=self._robot(agent, unnamed, system.name),
        )

    def _form(self, agent: str, system: str, browser_family: str, system_family: str) -> str:
        """Tell the device class: by its words, its model, its families, or what its kind of system usually runs on."""
        form = self._forms.tell(agent).name
        device = _DEVICE.search(agent)
        if not form and device:
            form = self._models.tell(device[0]).name
        form = form or self._phones.tell(agent).name or _FAMILIES.get(system_family, "")
        if form or not system:
            return form or _FAMILIES.get(browser_family, "")
        return "tablet" if device or system.startswith("Android") else "desktop"

    def _robot(self, agent: str, unnamed: str, system: str) -> str:
        """Name the rule that calls this a robot, or nothing."""
        if not agent.strip():
            return NO_AGENT
        if self._people.tell(agent).name:
            return ""
        crawler = self._crawlers.tell(agent)
        if crawler:
            return f"crawler {crawler}"
        word = self._robots.tell(unnamed).name
        if word:
            return f"word {word}"
        return "" if system or _ENGINE.search(agent) else "not a browser"


def _by_family(names: Mapping[str, list[str]]) -> dict[str, str]:
    return {family: name for name, families in names.items() for family in families}


def _versioned(words: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Yield (name, pattern) with the two parts of a version behind the word, where the engine looks for them."""
    return ((name, rf"({word})([0-9]+)?(?:\.([0-9]+))?") for name, word in words.items())


def _each(lists: Mapping[str, list[str]]) -> Iterable[tuple[str, str]]:
    """Yield (class, pattern) in order."""
    return ((name, pattern) for name, patterns in lists.items() for pattern in patterns)
