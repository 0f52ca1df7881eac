"""What can go wrong with the store: a small tree of exceptions, and which ClickHouse code belongs where.

In: the numeric code and symbolic name that ClickHouse gives. Out: one StoreError with one readable line.
Invariant: no message quotes a row or a value, as ClickHouse does; only errors about statements keep its words.

    StoreError            anything the store refused; `code` is ClickHouse's number, or None
    ├── StoreAway         not reachable, overloaded or restarting: try again later, nothing is wrong with the data
    ├── StoreLocked       another process holds the embedded store's directory
    ├── StoreMisconfigured  an address, directory or package that cannot work: says which setting to change
    ├── BadRow            the data cannot be stored as it is: trying again cannot help
    ├── QuestionTooHeavy  a question met its limit of time or memory
    └── QuestionDropped   nobody waits for the answer any more
"""

from __future__ import annotations


class StoreError(Exception):
    """The store refused."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class StoreAway(StoreError):
    """Not reachable now; the same call may succeed later."""


class StoreLocked(StoreError):
    """Another process holds this embedded store."""


class StoreMisconfigured(StoreError):
    """The DSN, the directory or the installation cannot work until somebody changes it."""


class BadRow(StoreError):
    """At least one row of an insert can never be stored as it is."""


class QuestionDropped(StoreError):
    """Whoever asked has gone away."""


class QuestionTooHeavy(StoreError):
    """A question needed more time or memory than a question may have."""


BAD_ROW_CODES = frozenset({6, 27, 41, 43, 53, 69, 70, 72, 117, 131, 349, 376, 441, 469})
"""Values that do not parse, do not fit their type, or break a constraint: the same rows fail again."""

TOO_HEAVY_CODES = frozenset({158, 159, 160, 241, 307, 394, 396})
"""Limits of rows, bytes, time and memory. On the writer they pass (a merge may hold the memory): StoreAway."""

AWAY_CODES = frozenset({202, 203, 209, 210, 216, 225, 242, 252, 279, 285, 286, 319, 425, 999})
"""Too busy, no connection, no quorum, no keeper, read-only for now, an insert whose end nobody knows, or (216) the
same insert still running: each passes."""

OUR_STATEMENT_CODES = frozenset({36, 46, 47, 48, 60, 62, 80, 81, 115, 164, 179, 184, 215, 386, 427})
"""Errors about the text of a statement or its settings. Statements hold no values (those are bound), so
ClickHouse's sentence may be shown. 427 is a regular expression that does not compile: the asker's own."""


def fault_of_write(code: int | None, name: str | None, sentence: str) -> StoreError:
    """Return the error to raise when the writer was refused."""
    if code in BAD_ROW_CODES:
        return BadRow(_line(code, name, ""), code=code)
    if code is None or code in TOO_HEAVY_CODES | AWAY_CODES:
        return StoreAway(_line(code, name, ""), code=code)
    return StoreError(_line(code, name, sentence), code=code)


def fault_of_question(code: int | None, name: str | None, sentence: str) -> StoreError:
    """Return the error to raise when a reader was refused."""
    if code in TOO_HEAVY_CODES:
        return QuestionTooHeavy(_line(code, name, ""), code=code)
    if code is None or code in AWAY_CODES:
        return StoreAway(_line(code, name, ""), code=code)
    return StoreError(_line(code, name, sentence), code=code)


def _line(code: int | None, name: str | None, sentence: str) -> str:
    if code is None:
        return "ClickHouse does not answer"
    said = f"ClickHouse error {code}" + (f" ({name})" if name else "")
    if code not in OUR_STATEMENT_CODES or not sentence:
        return said
    return f"{said}: {' '.join(sentence.split())[:300]}"
