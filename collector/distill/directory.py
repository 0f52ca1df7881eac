"""Directory: who is behind a referring host, an app, or a campaign word.

In: the tables of collector/data (sources.toml, spam.txt). Out: an `Entry` (name, class) or nothing, by host or by word.
The most exact pattern wins: a host itself, then the longest ending of it, then a family under any country (`google.*`).
It knows no request, no site and no channel (channel.py); an unknown host stays unknown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Literal, NamedTuple, get_args

Kind = Literal["search", "social", "video", "shopping", "assistant", "mail", "ads", "other"]
BRANDED = ("social", "video", "shopping", "assistant")
"""Classes of which a campaign's word may be the bare brand of a host (`producthunt`)."""
SHORTEST_BRAND = 4
KINDS: tuple[Kind, ...] = get_args(Kind)

# A country's own second level, as in google.co.uk and yandex.com.tr.
_SECOND_LEVEL = frozenset(("ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"))
_ADS = re.compile(r"(.+?)[-_ .]?ads?")


class Entry(NamedTuple):
    """Somebody known."""

    name: str
    kind: Kind


class Word(NamedTuple):
    """What a campaign word says: its owner's name as we show it, the class, and whether it says `ads`."""

    name: str
    kind: Kind | None = None
    is_paid: bool = False


class Directory:
    """The tables, indexed. Read-only once made."""

    def __init__(self, sources: str, spam: str) -> None:
        tables = tomllib.loads(sources)
        self._hosts: dict[str, Entry] = {}
        self._endings: dict[str, Entry] = {}
        self._families: dict[str, Entry] = {}
        self._family_endings: dict[str, Entry] = {}
        self._words: dict[str, Entry] = {}
        self._brands: dict[str, Kind] = {}
        self._labels: dict[str, Kind] = dict.fromkeys(tables["labels"]["search"].split(), "search")
        self._labels.update(dict.fromkeys(tables["labels"]["mail"].split(), "mail"))
        self._plain = frozenset(tables["plain"]["words"].split())
        self._spam = frozenset(line for line in spam.split("\n") if line and not line.startswith("#"))
        for kind in KINDS:
            for name, patterns in tables[kind].items():
                self._learn(Entry(name, kind), patterns.split())
        for name, spellings in tables["words"].items():
            for spelling in spellings.split():
                self._words[spelling] = self._words[name.lower()]

    def _learn(self, entry: Entry, patterns: list[str]) -> None:
        self._words.setdefault(entry.name.lower(), entry)
        for pattern in patterns:
            stem = pattern.lower().removesuffix(".*")
            is_family = stem != pattern.lower()
            if pattern.startswith("."):
                table = self._family_endings if is_family else self._endings
            else:
                table = self._families if is_family else self._hosts
            table[stem.lstrip(".")] = entry
            brand = _brand(stem.lstrip(".") + (".com" if is_family else ""))
            if entry.kind in BRANDED and len(brand) >= SHORTEST_BRAND:
                self._brands.setdefault(brand, entry.kind)

    def by_host(self, host: str) -> Entry | None:
        """Find the owner of a host given without `www.`; an app's package name is a host too."""
        found = self._hosts.get(host) or _longest(self._endings, host)
        if found:
            return found
        for stem in _stems(host):
            found = self._families.get(stem) or _longest(self._family_endings, stem)
            if found:
                return found
        return None

    def stranger(self, host: str) -> Kind | None:
        """Guess the class of an unknown host by what it calls itself, as `webmail.university.example`."""
        label, _, rest = host.partition(".")
        return self._labels.get(label) if "." in rest else None

    def by_word(self, word: str) -> Word:
        """Read a campaign word: a known spelling, a name, a host, or `<one of these>-ads`; else it stays as written."""
        plain = word.strip().lower()
        if plain in self._plain:
            return Word(word)
        entry = self._named(plain)
        if entry:
            return Word(entry.name, entry.kind, plain == "adwords" or plain.endswith("adwords"))
        paid = _ADS.fullmatch(plain)
        entry = self._named(paid[1]) if paid else None
        if entry:
            return Word(entry.name, entry.kind, is_paid=True)
        return Word(word, self._brands.get(plain))

    def _named(self, plain: str) -> Entry | None:
        return self._words.get(plain) or (self.by_host(plain.removeprefix("www.")) if "." in plain else None)

    def is_spam(self, host: str) -> bool:
        return any(ending in self._spam for ending in _endings(host))


def _endings(host: str) -> Iterator[str]:
    """Yield a host and everything above it: `a.b.c`, `b.c`, `c`."""
    yield host
    at = host.find(".")
    while at >= 0:
        yield host[at + 1 :]
        at = host.find(".", at + 1)


def _longest(table: dict[str, Entry], host: str) -> Entry | None:
    return next((table[ending] for ending in _endings(host) if ending in table), None)


def _stems(host: str) -> Iterator[str]:
    """Yield a host without its country: `google` for google.co.uk and google.de."""
    stem, _, ending = host.rpartition(".")
    if not stem or not ending.isalpha():
        return
    above, _, second = stem.rpartition(".")
    if above and second in _SECOND_LEVEL and len(ending) == 2:
        yield above
    yield stem


def _brand(host: str) -> str:
    """Find the word that names a host's owner: `walmart` of one.walmart.com."""
    stem = next(_stems(host), "")
    return stem.rpartition(".")[2]
