"""Makes up traffic: `days` of visits to the demo site, as events placed in their visits.

In: a seed, a period ending now, a rough number of events, and the product's own `source_of` (so that sources and
channels are named as everywhere else). Out: batches of PlacedEvent, one per day, oldest first. The same seed and day
give the same story. It follows people, not averages: everyone comes from somewhere, lands, reads, clicks on and leaves.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple

import msgspec

from clickhouse.rows import ENGAGEMENT, PAGEVIEW, Event, PlacedEvent, Position, RefusalCount
from clickhouse.visits import visit_id_of
from footfall.demo import town

EVENTS_PER_VISIT = 3.83
"""Page views, engagement and features of an average visit of this town (measured over 200,000 events)."""
LAUNCH_DAY = 17
"""Days ago that a link aggregator noticed the site."""
RETURNING = 0.13
"""Share of visitors who come back on the same day."""
GLANCES = 0.3
"""Share of page views that are over in seconds, mostly by people who then leave."""
LONGEST_VISIT = 14
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Source(NamedTuple):
    """What distill says of an origin: the columns that a first event carries."""

    source: str
    channel: str
    referrer: str
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    click: str = ""


SHARED = (
    *("site_id", "visitor_id", "hostname", "country", "language"),
    *("device", "browser", "browser_version", "os", "os_version"),
)
"""What every event of a visit has in common."""

SourceOf = Callable[[str, str], Source]
"""(landing URL, referrer) -> what the product calls it."""


class Traffic:
    """The town, ready to be asked for days."""

    def __init__(self, site_id: int, segment: int, source_of: SourceOf, seed: int = 1) -> None:
        self.site_id = site_id
        self.segment = segment
        self.seed = seed
        self.seq = 0
        self.origins = [
            (origin, source_of(f"https://{town.HOST}/?{origin.query}", origin.referrer)) for origin in town.ORIGINS
        ]
        self.origin_sums = list(accumulate(origin.weight for origin in town.ORIGINS))
        self.country_sums = list(accumulate(country.weight for country in town.COUNTRIES))
        self.desktop_sums = list(accumulate(device.weight for device in town.DESKTOPS))
        self.phone_sums = list(accumulate(device.weight for device in town.PHONES))
        self.hour_sums = list(accumulate(town.HOURS))
        self.famous = next(pair for pair in self.origins if "ycombinator" in pair[0].referrer)
        self.direct = self.origins[0][1].channel

    def days(self, now: datetime, days: int, events: int) -> Iterator[list[PlacedEvent]]:
        """Yield each day's events up to `now` (aware), oldest day first; about `events` in all."""
        today = now.astimezone(UTC).date()
        calendar = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
        busy = [self.business(day, (today - day).days, days) for day in calendar]
        visits = events / EVENTS_PER_VISIT / sum(busy)
        for day, share in zip(calendar, busy, strict=True):
            yield self.day(day, round(visits * share), (today - day).days, now)

    def business(self, day: date, ago: int, days: int) -> float:
        """How busy a day is: slow growth, quiet weekends, one famous day with its tail, some weather."""
        growth = 1 + 0.55 * (1 - ago / max(days, 1))
        fame = 2.6 * math.exp(-(LAUNCH_DAY - ago) / 1.6) if 0 <= LAUNCH_DAY - ago < 9 else 0
        weather = random.Random(f"{self.seed}:{day}").gauss(1, 0.06)  # noqa: S311 # nosec B311: a story, not a secret
        return max(0.2, town.WEEKDAYS[day.weekday()] / 100 * growth * weather + fame)

    def day(self, day: date, visits: int, ago: int, now: datetime) -> list[PlacedEvent]:
        """All events of one UTC day, in order of time, none later than `now`."""
        dice = random.Random(f"{self.seed}:{day}:visits")  # noqa: S311 # nosec B311
        midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
        latest = min(int(now.timestamp() * 1000), midnight + DAY_MS)
        famous = 0 <= LAUNCH_DAY - ago < 4
        found: list[tuple[int, Event]] = []
        for _ in range(round(visits / (1 + RETURNING))):
            first = self.arrival(dice, midnight, famous=famous)
            found += visit(dice, first)
            if dice.random() < RETURNING:
                found += visit(dice, self.again(dice, first))
        return self.placed([(start, event) for start, event in found if event.ts <= latest])

    def arrival(self, dice: random.Random, midnight: int, *, famous: bool) -> Event:
        """The first page view of somebody: who, from where, with what, on which page."""
        country = dice.choices(town.COUNTRIES, cum_weights=self.country_sums)[0]
        hour = (dice.choices(range(24), cum_weights=self.hour_sums)[0] - country.ahead) % 24
        origin, source = dice.choices(self.origins, cum_weights=self.origin_sums)[0]
        if famous and dice.random() < 0.62:
            origin, source = self.famous
        on_a_phone = dice.random() * 100 < country.phones and "/app" not in origin.landings
        devices, sums = (town.PHONES, self.phone_sums) if on_a_phone else (town.DESKTOPS, self.desktop_sums)
        device = dice.choices(devices, cum_weights=sums)[0]
        return Event(
            site_id=self.site_id,
            ts=midnight + hour * HOUR_MS + dice.randrange(HOUR_MS),
            visitor_id=dice.getrandbits(63) | 1,
            name=PAGEVIEW,
            hostname=town.HOST,
            path=pick(dice, origin.landings),
            **source._asdict(),
            country=country.code,
            browser=device.browser,
            browser_version=device.browser_version,
            os=device.os,
            os_version=device.os_version,
            device=device.device,
            language=country.language,
        )

    def again(self, dice: random.Random, first: Event) -> Event:
        """The same visitor later that day, straight to where they left off."""
        path = "/app" if dice.random() < 0.6 else "/"
        bare = dict.fromkeys(("referrer", "utm_source", "utm_medium", "utm_campaign", "click", "source"), "")
        ts = first.ts + HOUR_MS + dice.randrange(4 * HOUR_MS)
        return msgspec.structs.replace(first, ts=ts, path=path, channel=self.direct, **bare)

    def placed(self, events: list[tuple[int, Event]]) -> list[PlacedEvent]:
        """Give each event its visit and its place in the made-up segment."""
        rows = []
        for start, event in sorted(events, key=lambda pair: pair[1].ts):
            visit_id = visit_id_of(event.site_id, event.visitor_id, start)
            rows.append(PlacedEvent(event, visit_id, Position(self.segment, self.seq)))
            self.seq += 1
        return rows

    def refusals(self, now: datetime, days: int, events: int) -> list[tuple[Position, RefusalCount]]:
        """Refusals in proportion to the visits of each day."""
        today = now.astimezone(UTC).date()
        busy = {back: self.business(today - timedelta(days=back), back, days) for back in range(days)}
        visits = events / EVENTS_PER_VISIT / sum(busy.values())
        counts: list[tuple[Position, RefusalCount]] = []
        for back, share in busy.items():
            day = (today - timedelta(days=back)).toordinal() - date(1970, 1, 1).toordinal()
            for reason, per_mille in town.REFUSED:
                count = RefusalCount(self.site_id, day, reason, round(visits * share * per_mille / 1000))
                counts.append((Position(self.segment, len(counts)), count))
        return counts


def pick(dice: random.Random, weights: dict[str, int]) -> str:
    """Choose a key by weight."""
    return dice.choices(list(weights), weights=list(weights.values()))[0]


def onward(dice: random.Random, page: town.Page) -> str | None:
    """Where someone goes from a page; None: away."""
    point = dice.random() * 100
    for path, weight in page.onward.items():
        point -= weight
        if point < 0:
            return path
    return None


def visit(dice: random.Random, first: Event) -> Iterator[tuple[int, Event]]:
    """Yield (start of the visit, event): each page, what is used on it, and how long it was read."""
    shared = {field: getattr(first, field) for field in SHARED}
    event, at, page = first, first.ts, town.PAGES[first.path]
    if dice.random() < town.VITALS_SHARE:
        yield first.ts, vitals(dice, first, shared)
    for _ in range(LONGEST_VISIT):
        yield first.ts, event
        glances = dice.random() < GLANCES
        seconds = dice.uniform(1.5, 9) if glances else dice.lognormvariate(math.log(page.seconds), 0.8)
        stay = int(min(1500.0, seconds) * 1000)
        for name, share in page.features.items():
            if dice.random() * 100 < share:
                when = at + int(stay * dice.uniform(0.1, 0.9))
                yield (
                    first.ts,
                    used(dice, when, name, page.path, shared),
                )
        yield first.ts, read(dice, at, stay, page, shared)
        after = onward(dice, page)
        if after is None or (glances and dice.random() < 0.75):
            return
        page, at = town.PAGES[after], at + stay + dice.randrange(150, 900)
        event = Event(ts=at, name=PAGEVIEW, path=page.path, continued=True, **shared)


def read(dice: random.Random, at: int, stay: int, page: town.Page, shared: dict[str, Any]) -> Event:
    """How a page was read: visible time and the deepest point seen."""
    engaged = int(stay * dice.uniform(0.55, 0.95))
    scroll = min(100, int(dice.betavariate(2.2, 1.6) * 108))
    return Event(
        ts=at + stay,
        name=ENGAGEMENT,
        path=page.path,
        engaged_ms=engaged,
        scroll=scroll,
        interactive=False,
        **shared,
    )


def used(dice: random.Random, when: int, name: str, path: str, shared: dict[str, Any]) -> Event:
    """A feature use, with its properties and what was paid."""
    props = props_of(dice, name)
    euros = town.PRICES[props["paid"]] * (town.TEAM if props["plan"] == "team" else 1) if name == "Upgrade" else 0
    paid: dict[str, Any] = {"revenue": euros * 1000, "currency": "EUR"} if euros else {}
    return Event(ts=when, name=name, path=path, props=props, **paid, **shared)


def vitals(dice: random.Random, first: Event, shared: dict[str, Any]) -> Event:
    """How fast the first page was: slower on phones, and where the page is heavy."""
    middle = town.VITALS["mobile" if first.device in ("mobile", "tablet") else "desktop"]
    weight = town.HEAVY.get(first.path, 1)
    numbers = [round(number * weight * dice.lognormvariate(0, 0.45)) for number in middle]
    props = dict(zip(("lcp", "inp", "cls", "fcp", "ttfb"), map(str, numbers), strict=True))
    return Event(ts=first.ts + 900, name="Web Vitals", path=first.path, props=props, interactive=False, **shared)


def props_of(dice: random.Random, name: str) -> dict[str, str]:
    """Properties of a feature use."""
    return {key: dice.choice(values) for key, values in town.FEATURE_PROPS.get(name, ())}
