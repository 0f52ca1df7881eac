"""Which visit an event belongs to: runs of one visitor's events, ended by 30 minutes of quiet.

In: events in any order, judged by when they happened. Out: a visit id, or none. At most three runs per visitor are
remembered, each [start, end]; an event joins the nearest run that is not more than 30 whole minutes away (a gap of
30:59 still joins: Plausible's rule), else begins one. Events up to 10 minutes late therefore find their visit. A fourth
run pushes out the one that was touched longest ago, not the earliest: a morning that is told in the evening forms its
visits too. A visit never spans two visitor numbers: one of a day ends at midnight, a consented one goes on over it. An
`engagement` makes a run longer and never begins one. A run keeps its id, also when a late event turns out older. Where
a late event closes the gap between two runs they become one, under the earlier one's id (`Merge`).
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct

from clickhouse.visits import Merge, RecentVisit, visit_id_of
from collector.drain.generations import Generations

QUIET_MS = 31 * 60_000
"""A gap must be shorter: 30 whole minutes, and the seconds after them."""
LATE_MS = 10 * 60_000
REMEMBERED_MS = QUIET_MS + LATE_MS
RUNS = 3

RUN = Struct("<QQQ")
"""start, end, visit id. Packed: a visitor costs 160 bytes instead of 400, and there may be a million of them."""

SITE_BITS = (1 << 32) - 1
Run = tuple[int, int, int]


class OpenVisits:
    """The visits that an event may still join. Not thread-safe."""

    def __init__(self) -> None:
        self._runs: Generations[bytes] = Generations(REMEMBERED_MS / 1000, count=3)
        self._merges: list[Merge] = []
        self._begun: set[int] = set()
        self.turn = self._runs.turn

    def place_all(self, told: Iterable[tuple[int, int, bool]]) -> list[int]:
        """Say which visits events belong to: (`key_of` site and visitor, ms, `begins`), the earliest first.

        As `place` for each; who has one run only, as nearly everyone, is looked up and written down once.
        """
        visit_ids: list[int] = []
        at_hand: dict[int, Run] = {}
        known, write_down = self._runs.get, self._runs.put
        for key, ts, begins in told:
            run = at_hand.get(key)
            if run is None:
                packed = known(key)
                if packed is None:
                    visit_ids.append(self._begin(at_hand, key, ts) if begins else 0)
                    continue
                if len(packed) == RUN.size:
                    at_hand[key] = run = RUN.unpack(packed)
            if run is not None:
                start, end, visit_id = run
                if start <= ts < end + QUIET_MS:
                    if ts > end:
                        at_hand[key] = start, ts, visit_id
                    visit_ids.append(visit_id)
                    continue
                write_down(key, RUN.pack(*at_hand.pop(key)))
            visit_ids.append(self._place(key, ts, begins=begins))
        for key, run in at_hand.items():
            write_down(key, RUN.pack(*run))
        return visit_ids

    def _begin(self, at_hand: dict[int, Run], key: int, ts: int) -> int:
        visit_id = visit_id_of(key & SITE_BITS, key >> 32, ts)
        self._begun.add(visit_id)
        at_hand[key] = ts // 1000 * 1000, ts, visit_id
        return visit_id

    def place(self, site_id: int, visitor_id: int, ts: int, *, begins: bool) -> int:
        """Say which visit an event at `ts` (ms) belongs to; 0: none, and `begins` was not allowed."""
        return self.place_all([(key_of(site_id, visitor_id), ts, begins)])[0]

    def _place(self, key: int, ts: int, *, begins: bool) -> int:
        site_id, visitor_id = key & SITE_BITS, key >> 32
        runs = _unpacked(self._runs.get(key))
        at = _nearest(runs, ts, begins=begins)
        if at is not None:
            start, end, visit_id = runs.pop(at)
            run = self._joined(site_id, visitor_id, (min(start, ts), max(end, ts), visit_id), runs)
            visit_id = run[2]
            runs.append(run)
        elif begins:
            visit_id = visit_id_of(site_id, visitor_id, ts)
            self._begun.add(visit_id)
            runs.append((ts // 1000 * 1000, ts, visit_id))
        else:
            return 0
        self._runs.put(key, _packed(runs))
        return visit_id

    def recall(self, visits: Iterable[RecentVisit]) -> None:
        """Take up visits that are already decided: from the store, or from the notes of the last batch."""
        for visit in visits:
            key = key_of(visit.site_id, visit.visitor_id)
            known = {run[2]: run for run in _unpacked(self._runs.get(key))}
            start, end, _ = known.pop(visit.visit_id, (visit.start_ms, visit.end_ms, 0))
            known[visit.visit_id] = (min(start, visit.start_ms), max(end, visit.end_ms), visit.visit_id)
            self._runs.put(key, _packed(known.values()))

    def merge(self, merge: Merge) -> None:
        """Take up a merge that is already decided."""
        key = key_of(merge.site_id, merge.visitor_id)
        runs = {run[2]: run for run in _unpacked(self._runs.get(key))}
        gone, into = runs.pop(merge.gone, None), runs.pop(merge.into, None)
        if gone and into:
            runs[merge.into] = (min(gone[0], into[0]), max(gone[1], into[1]), merge.into)
            self._runs.put(key, _packed(runs.values()))

    def forget(self, site_id: int, visitor_id: int) -> None:
        """Forget a visitor: what comes next from him begins a visit."""
        self._runs.drop(key_of(site_id, visitor_id))

    def merges(self) -> list[Merge]:
        """Return the merges since the last call, each straight to the visit that goes on."""
        into = {merge.gone: merge.into for merge in self._merges}
        found = []
        for merge in self._merges:
            last = merge.into
            while last in into:
                last = into[last]
            found.append(merge._replace(into=last))
        self._merges.clear()
        return found

    def begun(self) -> set[int]:
        """Return the visits that began since the last call: the store cannot know them yet."""
        begun, self._begun = self._begun, set()
        return begun

    def _joined(self, site_id: int, visitor_id: int, run: Run, runs: list[Run]) -> Run:
        """Make one run of `run` and those of `runs` that it has come near to; they are taken out."""
        for other in [other for other in runs if max(other[0] - run[1], run[0] - other[1]) < QUIET_MS]:
            runs.remove(other)
            first, later = sorted((run, other))
            self._merges.append(Merge(site_id, visitor_id, later[2], first[2]))
            run = (first[0], max(run[1], other[1]), first[2])
        return run

    def __len__(self) -> int:
        return len(self._runs)


def key_of(site_id: int, visitor_id: int) -> int:
    return visitor_id << 32 | site_id


def _nearest(runs: list[Run], ts: int, *, begins: bool) -> int | None:
    """Which run is nearest to `ts` and near enough; an engagement only joins what had begun."""
    near = enumerate(runs)
    gaps = [(max(start - ts, ts - end, 0), end, at) for at, (start, end, _) in near if begins or start <= ts]
    gap, _, at = min(gaps, default=(QUIET_MS, 0, 0))
    return at if gap < QUIET_MS else None


def _unpacked(packed: bytes | None) -> list[Run]:
    return list(RUN.iter_unpack(packed)) if packed else []


def _packed(runs: Iterable[Run]) -> bytes:
    """Pack the runs that were touched last, in that order."""
    return b"".join(RUN.pack(*run) for run in list(runs)[-RUNS:])
