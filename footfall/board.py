"""The board: where the processes of one machine tell each other their counts, one small file for each.

In: a worker's ledger, the keeper's condition, about once a second. Out: for whichever worker is asked for `/metrics`
or `/readyz`, the sum and the state of all. Counts only: nothing here is of a visitor. Files are replaced as a whole and
not synced; they mean nothing after a restart, and the keeper takes them away when it starts.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from collector.condition import Condition
from collector.tally import Ledger
from footfall.private import write_whole

STALE_SECONDS = 10.0
_KEEPER = "keeper"


class Board:
    """A directory in DATA."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def clear(self) -> None:
        """Make the directory, empty."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in self._directory.iterdir():
            file.unlink()

    def post_ledger(self, number: int, ledger: Ledger) -> None:
        self._post(str(number), msgspec.msgpack.encode(ledger))

    def post_condition(self, condition: Condition) -> None:
        self._post(_KEEPER, msgspec.msgpack.encode(condition))

    def ledger(self) -> Ledger:
        """Add up every worker's."""
        files = [file for file in self._directory.iterdir() if file.name.isdigit()]
        return sum_of([msgspec.msgpack.decode(file.read_bytes(), type=Ledger) for file in files])

    def condition(self) -> Condition:
        """Return the keeper's latest; one that has fallen silent stores nothing."""
        file = self._directory / _KEEPER
        try:
            told = msgspec.msgpack.decode(file.read_bytes(), type=Condition)
            is_fresh = time.time() - file.stat().st_mtime < STALE_SECONDS
        except FileNotFoundError:
            return Condition(store_answers=False)
        return told if is_fresh else msgspec.structs.replace(told, store_answers=False)

    def _post(self, name: str, told: bytes) -> None:
        write_whole(self._directory / name, told)


def sum_of(ledgers: list[Ledger]) -> Ledger:
    """Add ledgers."""
    received: dict[int, int] = {}
    refused: dict[int, dict[str, int]] = {}
    for ledger in ledgers:
        for site, count in ledger.received.items():
            received[site] = received.get(site, 0) + count
        for site, reasons in ledger.refused.items():
            mine = refused.setdefault(site, {})
            for reason, count in reasons.items():
                mine[reason] = mine.get(reason, 0) + count
    return Ledger(received, refused, sum(ledger.limited for ledger in ledgers))
