"""Directory: who is behind a referring host, an app, or a campaign word.

In: the tables of collector/data (sources.toml, spam.txt), and the operator's own where there are any (`footfall lists
update`, same format). Out: an `Entry` (name, class) or nothing, by host or by word.
Our own table wins where both know a host, and campaign words come from it alone: it leaves out the names that are also
ordinary words. It knows no request, no site and no channel (channel.py); an unknown host stays unknown.
"""

from __future__ import annotations

import re
import tomllib
from typing import Literal, NamedTuple, get_args

from collector.distill.host_table import HostTable, endings, stems

Kind = Literal["search", "social", "video", "shopping", "assistant", "mail", "ads", "other"]
BRANDED = ("social", "video", "shopping", "assistant")
"""Classes of which a campaign's word may be the bare brand of a host (`producthunt`)."""
SHORTEST_BRAND = 4
KINDS: tuple[Kind, ...] = get_args(Kind)

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

    def __init__(self, sources: str, spam: str, more: str = "") -> None:
        """`more`: the operator's table. Raises ValueError or KeyError when a table is none."""
        tables = tomllib.loads(sources)
        self._own: HostTable[Entry] = HostTable()
        self._more: HostTable[Entry] = HostTable()
        self._words: dict[str, Entry] = {}
        self._brands: dict[str, Kind] = {}
        self._labels: dict[str, Kind] = dict.fromkeys(tables["labels"]["search"].split(), "search")
        self._labels.update(dict.fromkeys(tables["labels"]["mail"].split(), "mail"))
        self._plain = frozenset(tables["plain"]["words"].split())
        self._spam = frozenset(line for line in spam.split("\n") if line and not line.startswith("#"))
        for kind in KINDS:
            for name, patterns in tables[kind].items():
                self._learn(Entry(name, kind), patterns.lower().split())
        for name, spellings in tables["words"].items():
            for spelling in spellings.split():
                self._words[spelling] = self._words[name.lower()]
        self._more_spam = self._learn_more(tomllib.loads(more))

    def _learn(self, entry: Entry, patterns: list[str]) -> None:
        self._words.setdefault(entry.name.lower(), entry)
        for pattern in patterns:
            self._own.learn(pattern, entry)
            stem = pattern.removesuffix(".*")
            brand = _brand(stem.lstrip(".") + ("" if stem == pattern else ".com"))
            if entry.kind in BRANDED and len(brand) >= SHORTEST_BRAND:
                self._brands.setdefault(brand, entry.kind)

    def _learn_more(self, tables: dict[str, dict[str, str]]) -> frozenset[str]:
        """Learn the operator's hosts; return the spam among them."""
        for kind in KINDS:
            for name, patterns in tables.get(kind, {}).items():
                for pattern in patterns.lower().split():
                    self._more.learn(pattern, Entry(name, kind))
        return frozenset(tables.get("spam", {}).get("hosts", "").lower().split())

    def by_host(self, host: str) -> Entry | None:
        """Find the owner of a host given without `www.`; an app's package name is a host too."""
        return self._own.find(host) or self._more.find(host)

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

    def spam_rule(self, host: str) -> str:
        """Name the list that calls referrals from here forged; the operator's cannot accuse whom our own knows."""
        if any(ending in self._spam for ending in endings(host)):
            return "shipped list"
        accused = any(ending in self._more_spam for ending in endings(host)) and not self._own.find(host)
        return "updated list" if accused else ""


def _brand(host: str) -> str:
    """Find the word that names a host's owner: `walmart` of one.walmart.com."""
    stem = next(stems(host), "")
    return stem.rpartition(".")[2]
