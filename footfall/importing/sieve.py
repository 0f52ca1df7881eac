"""Sieve: which entries of a log were imported before.

In: a log's entries in order, and the bookmarks of the site. Out: each entry again, with whether it is new. Three
cases: the log, or what follows in it, begins like one that is known (the same file, longer, renamed, packed, or
joined to others): as many entries as were taken of that one are not new. Or the log begins within the time of a known
one (its beginning was cut off): then nothing is new up to where the known one ended. Or neither: all is new. Where a
log begins within a known one and never comes to its end, nobody can tell whether it is new: that is an error, and
nothing was imported; unless only the last minute is in doubt (servers do not write quite in order), which is new.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from footfall.importing.bookmarks import ENDS, Bookmark, Print, Trail, print_of
from footfall.importing.entry import Entry

SLACK_SECONDS = 60
SURE = 4
"""So many entries in a row of the same second, status and size are the same entries."""
HELD = 20_000
"""Entries of a doubtful minute that are held back at most."""

Sifted = tuple[Entry, bool]
"""An entry, and whether it is new."""


class WithinAnother(Exception):
    """This log overlaps one that was imported, and it cannot be told how; the sentence says what to do."""


class Sieve:
    """Sifts one log, and keeps its bookmark."""

    def __init__(self, marks: Sequence[Bookmark], key: bytes, name: str = "") -> None:
        self.known: Bookmark | None = None
        """The bookmark that this log had before."""
        self.absorbed: list[Bookmark] = []
        """Bookmarks of logs that turned out to be parts of this one."""
        self._name = name
        self._key = key
        self._marks = marks
        self._by_start: dict[Print, list[Bookmark]] = {}
        for mark in marks:
            self._by_start.setdefault(mark.head[0], []).append(mark)
        self._trail = Trail(name)
        self._window: deque[tuple[Entry, Print]] = deque()
        self._has_begun = False
        self._passing: Bookmark | None = None
        self._left = 0
        """Entries of the log that is being passed, which are still to come."""
        self._search: Search | None = None

    def bookmark(self) -> Bookmark | None:
        """Say how far this log is decided."""
        return None if self._search else self._trail.bookmark()

    def put(self, entry: Entry) -> Iterator[Sifted]:
        """Take the next entry; return those that are decided."""
        self._window.append((entry, print_of(entry.shape, self._key)))
        if len(self._window) >= ENDS:
            yield from self._release()

    def pause(self) -> Iterator[Sifted]:
        """Decide on what is in hand: nothing more comes for the moment."""
        while self._window:
            yield from self._release()
        if self._search is not None and self._search.is_near:
            yield from self._give_up(self._search)

    def end(self) -> Iterator[Sifted]:
        """Decide on the rest. Raises WithinAnother."""
        yield from self.pause()
        if self._search is not None:
            raise self._search.refusal()

    def _release(self) -> Iterator[Sifted]:
        if not self._has_begun:
            self._begin()
        if not self._left:
            known = self._known_here()
            if known is not None:
                self._passing, self._left = known, known.entries
                if self._search is not None:
                    yield from self._give_up(self._search)
        entry, print_ = self._window.popleft()
        if self._left:
            self._pass()
            yield self._noted(entry, print_, is_new=False)
        elif self._search is not None:
            yield from self._look(self._search, entry, print_)
        else:
            yield self._noted(entry, print_, is_new=True)

    def _begin(self) -> None:
        self._has_begun = True
        self.known = self._known_here()
        if self.known is None:
            seconds = [entry.shape[0] for entry, _ in self._window]
            around = [mark for mark in self._marks if any(mark.first <= second <= mark.last for second in seconds)]
            # The latest of the first few says where it begins: one that took an hour to answer may stand among them.
            self._search = Search(around, max(seconds)) if around else None

    def _known_here(self) -> Bookmark | None:
        """Find the known log that begins with the next entry."""
        found = [mark for mark in self._by_start.get(self._window[0][1], ()) if self._begins_with(mark.head)]
        return max(found, key=lambda mark: mark.entries, default=None)

    def _begins_with(self, head: Sequence[Print]) -> bool:
        return len(head) <= len(self._window) and all(
            print_ == mine for print_, (_, mine) in zip(head, self._window, strict=False)
        )

    def _pass(self) -> None:
        """Pass an entry of a known log; one that was passed to its end is a part of this one."""
        self._left -= 1
        if not self._left and self._passing is not None and self._passing is not self.known:
            self.absorbed.append(self._passing)

    def _look(self, search: Search, entry: Entry, print_: Print) -> Iterator[Sifted]:
        """Look for the end of the known log; what comes before it is not new, and this log is that one."""
        yield from search.take(entry, print_)
        if search.is_found:
            self.known, self._search = search.latest, None
            self._trail = Trail(self._name, search.latest)
        elif search.is_over(entry):
            if not search.is_near:
                raise search.refusal()
            yield from self._give_up(search)

    def _give_up(self, search: Search) -> Iterator[Sifted]:
        self._search = None
        for entry, print_ in search.let_go():
            yield self._noted(entry, print_, is_new=True)

    def _noted(self, entry: Entry, print_: Print, *, is_new: bool) -> Sifted:
        self._trail.add(entry.shape, print_)
        return entry, is_new


class Search:
    """The search for where a known log ended, from a place within it; of several, for the end of the latest."""

    def __init__(self, around: Sequence[Bookmark], second: int) -> None:
        self.is_near = all(mark.last - second <= SLACK_SECONDS for mark in around)
        self.is_found = False
        *self._earlier, self.latest = sorted(around, key=lambda mark: mark.last)
        self._recent: deque[Print] = deque(maxlen=ENDS)
        self._held: list[tuple[Entry, Print]] = []

    def take(self, entry: Entry, print_: Print) -> Iterator[Sifted]:
        """Look at an entry; return those that are known not to be new."""
        self._recent.append(print_)
        self._held.append((entry, print_))
        self.is_found = self._ends_like(self.latest.tail)
        if self.is_found or not self.is_near or any(self._ends_like(mark.tail) for mark in self._earlier):
            for known, _ in self.let_go():
                yield known, False

    def _ends_like(self, tail: tuple[Print, ...]) -> bool:
        """Compare with a tail, or with as much of it as has come since the log began, if that is enough to be sure."""
        recent = tuple(self._recent)
        alike = min(len(recent), len(tail))
        return alike >= min(SURE, len(tail)) and recent[-alike:] == tail[-alike:]

    def is_over(self, entry: Entry) -> bool:
        """Say whether the end would have come by now."""
        return entry.shape[0] > self.latest.last + SLACK_SECONDS or len(self._held) >= HELD

    def let_go(self) -> list[tuple[Entry, Print]]:
        """Return what was held back."""
        held, self._held = self._held, []
        return held

    def refusal(self) -> WithinAnother:
        times = (self.latest.first, self.latest.last)
        first, last = (datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M") for second in times)
        return WithinAnother(
            f"this log begins within one that was imported ({first} to {last} UTC) and does not go on where that one "
            "ended: import the whole file instead; if another server wrote it, give it a name with --log"
        )
