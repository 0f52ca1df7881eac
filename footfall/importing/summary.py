"""Summary: what an import did, in numbers. Counts and our own words only: never a line, an address or an agent.

In: what became of each line. Out: sentences for a person, and the sums a test or a script may check: every line is
counted exactly once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator


class Summary:
    """Counts of one import."""

    def __init__(self) -> None:
        self.lines = 0
        self.kept = 0
        self.before = 0
        """Imported by an earlier run."""
        self.unreadable = 0
        self.skipped: Counter[str] = Counter()
        """By kind: requests that are no page views."""
        self.refused: Counter[str] = Counter()
        """By reason: page views that the site does not count."""

    def sentences(self, host: str) -> Iterator[str]:
        """Tell it, the most first."""
        yield f"{host}: kept {self.kept:,} page views out of {self.lines:,} lines"
        if self.before:
            yield f"imported before: {self.before:,}"
        for told, counts in (("refused", self.refused), ("skipped", self.skipped)):
            if counts:
                yield f"{told}: {counts.total():,} ({_list(counts)})"
        if self.unreadable:
            yield f"no lines of an access log: {self.unreadable:,}"


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())
