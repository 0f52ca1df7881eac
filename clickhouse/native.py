"""Columns in ClickHouse's own format, Native: what a block of rows looks like on its way into the store.

In: a column's name, its ClickHouse type, its values. Out: bytes; blocks of columns are bytes one after the other.
Text goes as a dictionary and a number for each row (LowCardinality), also for columns that are plain strings: the
engine turns them into what the table says. All of it is done by loops of the interpreter's own, none of ours.
Numbers are little-endian, as on every machine that ClickHouse runs on. A value that its type cannot hold raises
OverflowError, half a character UnicodeEncodeError. Nothing here reads Native, or sends it.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, chain
from struct import Struct

CODES = {
    "UInt8": "B",
    "UInt32": "I",
    "UInt64": "Q",
    "Int64": "q",
    "Bool": "B",
    "DateTime64(3, 'UTC')": "q",
}
"""ClickHouse type -> how `array` names numbers of the same width."""
TEXT = "LowCardinality(String)"
TEXT_MAP = "Map(LowCardinality(String), LowCardinality(String))"
LONG = Struct("<Q").pack
DICTIONARY_VERSION = LONG(1)
DICTIONARY_KIND = LONG(2 | 1 << 9 | 1 << 10)
"""Places are 32 bits wide; the block brings its own words; they are not those of an earlier block."""


class Words(dict[str, int]):
    """The words of a column, each with its place among them. A word that is new gets the next one."""

    def __missing__(self, word: str) -> int:
        self[word] = place = len(self)
        return place


def block(columns: Sequence[bytes], rows: int) -> bytes:
    """Make a block of columns that have so many rows."""
    return b"".join((_length(len(columns)), _length(rows), *columns))


def numbers(name: str, kind: str, values: Iterable[int]) -> bytes:
    """Make a column of numbers."""
    return _head(name, kind) + array(CODES[kind], values).tobytes()


def text(name: str, words: Mapping[str, int], places: array[int]) -> bytes:
    """Make a column of text: for each row the place of its word, as arrays of type `I` hold it."""
    return b"".join((_head(name, TEXT), DICTIONARY_VERSION, *_dictionary(words, places)))


def text_map(name: str, rows: Collection[Mapping[str, str]]) -> bytes:
    """Make a column of maps from text to text; at least one of them must have something in it."""
    keys, values = Words(), Words()
    key_places = array("I", map(keys.__getitem__, chain.from_iterable(rows)))
    value_places = array("I", map(values.__getitem__, chain.from_iterable(map(dict.values, rows))))  # type: ignore[arg-type]
    ends = array("Q", accumulate(map(len, rows))).tobytes()
    head = _head(name, TEXT_MAP), DICTIONARY_VERSION, DICTIONARY_VERSION
    return b"".join((*head, ends, *_dictionary(keys, key_places), *_dictionary(values, value_places)))


def _head(name: str, kind: str) -> bytes:
    return b"".join(map(_string, (name.encode(), kind.encode())))


def _dictionary(words: Mapping[str, int], places: array[int]) -> tuple[bytes, ...]:
    told = b"".join(map(_string, map(str.encode, words)))
    return DICTIONARY_KIND, LONG(len(words)), told, LONG(len(places)), places.tobytes()


def _string(value: bytes) -> bytes:
    return _length(len(value)) + value


def _length(number: int) -> bytes:
    """Write a number in groups of seven bits, the lowest first."""
    if number < 0x80:
        return SHORT[number]
    told = bytearray()
    while number >= 0x80:
        told.append(number & 0x7F | 0x80)
        number >>= 7
    told.append(number)
    return bytes(told)


SHORT = [bytes((number,)) for number in range(0x80)]
