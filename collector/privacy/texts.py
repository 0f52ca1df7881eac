"""The words of the visitor's pages in five languages, and which of them a visitor reads.

In: `texts/*.toml`, one catalogue a language, all with the same names; what a visitor chose (`?lang=`) or his browser
prefers (`Accept-Language`). Out: `Texts`: sections of sentences, and dates and numbers as that language writes them.
Where nothing fits, English. Nothing here decides anything, and no sentence holds a figure: figures are the settings'.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

LANGUAGES = ("en", "de", "fr", "es", "nl")
DAYS_IN_A_MONTH = 30.4
MAX_ACCEPTED = 200
_FOLDER = Path(__file__).parent / "texts"


class Texts(msgspec.Struct, frozen=True):
    """One language. `says["state"]["yes"]` is a sentence, perhaps with `{names}` in it."""

    language: str
    says: Mapping[str, Mapping[str, Any]]

    def date(self, seconds: float, zone: str = "UTC") -> str:
        """Write the day of an instant as people do: 22. November 2026."""
        return self._date(datetime.fromtimestamp(seconds, ZoneInfo(zone)))

    def moment(self, rfc3339: str) -> str:
        """Write an instant to the minute, in UTC; what is no instant stays as it is."""
        try:
            at = datetime.fromisoformat(rfc3339).astimezone(UTC)
        except ValueError:
            return rfc3339
        pattern: str = self.says["language"]["moment"]
        return pattern.format(date=self._date(at), time=f"{at:%H:%M}")

    def number(self, number: int) -> str:
        """Write a number with its thousands apart."""
        return f"{number:,}".replace(",", self.says["language"]["thousands"])

    def days(self, days: int) -> str:
        """Write a number of days; two months and more also as months."""
        rules = self.says["rules"]
        if days == 1:
            return str(rules["day_one"])
        name = "months" if days >= 2 * DAYS_IN_A_MONTH else "day_many"
        return str(rules[name]).format(n=self.number(days), months=self.number(round(days / DAYS_IN_A_MONTH)))

    def _date(self, at: datetime) -> str:
        words = self.says["language"]
        day = words["first"] if at.day == 1 and words["first"] else at.day
        return str(words["date"].format(day=day, month=words["months"][at.month - 1], year=at.year))


def _read(language: str) -> Texts:
    return Texts(language, tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8")))


CATALOGUES: Mapping[str, Texts] = {language: _read(language) for language in LANGUAGES}


def texts_for(chosen: str, accepted: str) -> Texts:
    """Return the language chosen, else the best of `Accept-Language`, else English."""
    if chosen in CATALOGUES:
        return CATALOGUES[chosen]
    return CATALOGUES[next((tag for tag in _wanted(accepted) if tag in CATALOGUES), "en")]


def _wanted(accepted: str) -> Iterator[str]:
    """Yield the primary language tags of `Accept-Language` (RFC 9110, 12.5.4), the dearest first."""
    ranked = []
    for part in accepted[:MAX_ACCEPTED].lower().split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if quality > 0:
            ranked.append((-quality, tag.strip().partition("-")[0]))
    yield from (tag for _, tag in sorted(ranked, key=lambda pair: pair[0]))
