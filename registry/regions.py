"""Regions: ISO 3166-2 codes, as `DE-BE` -> the everyday English name, for the countries that are asked for most.

In: registry/data/regions.txt, read once. Out: the name of a code, where an unknown code stays itself; and the code of a
name, for geography files that tell names only.
A name may repeat within a country: a province and the region around it, an old code beside its new one; then the first
code in the file is the name's. A name that several countries have says which one it is. Like the countries', the table
takes no side on whose a place is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path


def region_name(code: str) -> str:
    """Name a region, as `California` or `Limburg (NL)`; a code we have no name for stays a code."""
    name = REGIONS.get(code, code)
    return f"{name} ({code[:2]})" if name in _SHARED else name


def region_code(country: str, name: str) -> str:
    """Find the code of a name within a country, or nothing."""
    return _CODES.get((country, name.casefold()), "")


def _rows(text: str) -> Iterator[tuple[str, str]]:
    """Yield (code, name)."""
    country = ""
    for line in text.splitlines():
        if line.startswith("#") or not line:
            continue
        if len(line) == 2:
            country = line
            continue
        for entry in line.split(";"):
            code, _, name = entry.strip().partition(" ")
            yield f"{country}-{code}", name


REGIONS: dict[str, str] = dict(_rows((Path(__file__).parent / "data" / "regions.txt").read_text(encoding="utf-8")))

# The first code of a name is the last to be written.
_CODES = {(code[:2], name.casefold()): code for code, name in reversed(REGIONS.items())}
_PAIRS = {(name, code[:2]) for code, name in REGIONS.items()}
_SHARED = frozenset(name for name, times in Counter(name for name, _ in _PAIRS).items() if times > 1)
