"""Retention: each night, what is older than its site keeps is removed from the store, and that is proved.

In: the sites' `retention_days`, and a clock. Out: a store without rows over the limit. A site's night begins at 03:10
of its own zone; a night that was missed is made up for as soon as somebody is here. A day goes in the first night in
which all of it is older than `retention_days`. A limit that is shortened holds from the next night on; one that is
lengthened holds for later days only. Which night is done for which site stands in DATA, so that a restart repeats
nothing, and its proof in the registry, where a clock that leaps is measured by it (night.py has the work itself).
Only the keeper of the data works here, and marks nothing as done unproved.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from clickhouse.erase import wait_for_old_parts
from clickhouse.faults import StoreError
from clickhouse.retain import Limit, Rule, tables_with_time
from footfall.house import Ground
from footfall.night import LONGEST_DAYS, REFUSALS_DAYS, ClockDoubted, Turn, doubt_clock, month_of, turn_of, work_through
from footfall.private import write_whole
from footfall.restriction import isolate_held, never_by_age
from footfall.wayout.remembered import forget_old
from registry.keeping import Proof
from registry.site import Site

FILE = "retention.json"
KEYS = ("retention_days", "age_city_days", "age_region_days")
"""Settings that are promises about how long something stays."""
NIGHT = timedelta(hours=3, minutes=10)
NOBODY = 0
"""Stands for such rows, and for those of removed sites: a night in UTC, even where there is no site."""
OVERDUE = timedelta(hours=1)
PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=10)
OLD_PARTS_SECONDS = 5.0
POLL_SECONDS, CATCH_UP_SECONDS = 0.1, 3600.0

Nights = Mapping[int, date]

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Retention:
    """The nightly work. `work` belongs to one thread, `is_overdue` to any."""

    def __init__(self, ground: Ground, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._ground = ground
        self._clock = clock
        self._file = ground.settings.data / FILE
        self._done = read_nights(self._file)
        self._due_since: datetime | None = None
        self._next = clock()
        self._pause = PAUSE
        self._is_told = False
        self._is_doubtful = False

    def work(self) -> None:
        """Take the next step, if it is time for one. Raises RegistryError; what the store refuses is tried again."""
        now = self._clock()
        nights = nights_of(self._ground.snapshot.sites, now)
        due = {site_id for site_id, night in nights.items() if self._done.get(site_id) != night}
        if not due:
            return
        self._due_since = self._due_since or now
        if now < self._next:
            return
        self._next, self._pause = now + self._pause, min(2 * self._pause, LONGEST_PAUSE)
        turns = self._turns(nights)
        rule = rule_of(turns, nights, due, self._removed(), never_by_age(self._ground.registry))
        if self._is_proved([turn for turn in turns if turn.site.id in due], rule, nights[NOBODY]):
            self._note(nights, turns, rule)

    def catch_up(self) -> bool:
        """Work until every night that is due is proved; False: the clock is doubted, or it takes too long."""
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while time.monotonic() < deadline and not self._is_doubtful:
            self._next = self._clock()
            self.work()
            if self._due_since is None:
                return True
            time.sleep(POLL_SECONDS)
        return False

    def is_overdue(self) -> bool:
        """Say whether a night's work has been waiting for an hour and is not proved yet."""
        return self._due_since is not None and self._clock() - self._due_since > OVERDUE

    def _turns(self, nights: Nights) -> list[Turn]:
        keeping = self._ground.registry.keeping
        limits = {key: keeping.limits(key) for key in KEYS}
        return [turn_of(site, nights[site.id], limits) for site in self._ground.snapshot.sites]

    def _is_proved(self, due: Sequence[Turn], rule: Rule, night: date) -> bool:
        ground = self._ground
        told = "rows over the limit are still there"
        try:
            doubt_clock(ground.store, rule, night, self._last_night())
            if isolate_held(ground.registry, ground.store) and work_through(ground.store, due, rule):
                wait_for_old_parts(ground.store, OLD_PARTS_SECONDS)
                return True
        except ClockDoubted as doubt:
            if not self._is_doubtful:
                log.error("nothing is deleted: %s", doubt)
            self._is_doubtful = True
            return False
        except StoreError as refusal:
            told = str(refusal)
        if self.is_overdue() and not self._is_told:
            self._is_told = True
            log.error("retention is overdue, what sites no longer keep is not deleted yet: %s", told)
        return False

    def _last_night(self) -> date | None:
        """Return the last night that is known to have been real: proved, or confirmed by a person."""
        keeping = self._ground.registry.keeping
        proofs = [proof.night for proof in keeping.last_proofs().values()]
        confirmed = keeping.confirmed_date()
        return max([*self._done.values(), *proofs, *([confirmed] if confirmed else [])], default=None)

    def _removed(self) -> set[int]:
        return self._ground.registry.orders.removed_sites()

    def _note(self, nights: Nights, turns: Sequence[Turn], rule: Rule) -> None:
        ground = self._ground
        seen, tables = self._clock(), len(tables_with_time(ground.store))
        proofs = [Proof(NOBODY, nights[NOBODY], rule.strays_from, seen, tables)]
        proofs += [Proof(turn.site.id, turn.night, turn.first_day, seen, tables, told_of(turn)) for turn in turns]
        ground.registry.keeping.note_proofs(proofs)
        forget_old(ground.settings.data, ground.settings.backup_days, seen)
        write_whole(self._file, msgspec.json.encode(nights))
        self._done, self._due_since, self._is_told, self._is_doubtful = nights, None, False, False
        self._next, self._pause = self._clock(), PAUSE


def night_of(now: datetime, timezone: str) -> date:
    """Return the day whose night has begun in a zone: today from 03:10 on, yesterday before."""
    return (now.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) - NIGHT).date()


def nights_of(sites: Iterable[Site], now: datetime) -> Nights:
    """Return each site's night, and nobody's."""
    return {NOBODY: night_of(now, "UTC")} | {site.id: night_of(now, site.timezone) for site in sites}


def rule_of(
    turns: Sequence[Turn], nights: Nights, due: Iterable[int], removed: set[int], by_age: str = "hold_id = 0"
) -> Rule:
    """Return what may stay in the store this night."""
    limits = {turn.site.id: Limit(turn.site.id, turn.first_day, turn.site.timezone) for turn in turns}
    strays_from = nights[NOBODY] - timedelta(days=LONGEST_DAYS)
    return Rule(
        limits=[limits[site_id] for site_id in sorted(due) if site_id != NOBODY],
        known=set(limits),
        removed=removed - set(limits),
        strays_from=strays_from,
        all_from=min((limit.first_day for limit in limits.values()), default=strays_from),
        at_most={"refusals": nights[NOBODY] - timedelta(days=REFUSALS_DAYS)},
        apart={"rollups_daily": month_of(strays_from), "rollups_monthly": date.min},
        spared={"events_isolated": by_age},
    )


def told_of(turn: Turn) -> str:
    """Say what else a proof proves."""
    site, told = turn.site, []
    if site.after_retention == "anonymise":
        told.append("older days are added up")
    if turn.city_from:
        told.append(f"no city before {turn.city_from}")
    if turn.region_from:
        told.append(f"no region before {turn.region_from}")
    return ", ".join(told)


def read_nights(file: Path) -> Nights:
    """Read which nights are done; a file that is missing or damaged says none."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[int, date])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
