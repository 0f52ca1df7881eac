"""Scene: what a page is about, before a question is asked.

In: a site, a state (the URL), the clock. Out: the period in instants, the filters with segments taken apart, what is
plotted in which steps, the addresses of the pages about the site; and questions about all that. Pure: it asks nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from clickhouse.ask.question import Filter, Period, Question
from dashboard.buckets import interval_for
from dashboard.panels import kpis_for
from dashboard.period import Interval, Resolved, resolve
from dashboard.saved import Saved, taken_apart
from dashboard.url import State
from registry.site import Site


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """Where the pages about a site are, without query; `world` is the file with the map's outlines."""

    report: str
    details: str
    csv: str
    json: str
    world: str
    live: str = ""
    """Answers with the text about people here now; empty: nobody asks again."""
    values: str = ""
    """Answers with values for a filter's field; empty: none are offered."""


class Note(msgspec.Struct, frozen=True):
    """A few words about a day; `key` is what to remove it by."""

    key: str
    day: date
    when: str
    text: str


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is about: everything that is known before a question is asked."""

    site: Site
    state: State
    now: datetime
    oldest: date
    """The first day there may be anything of."""
    paths: Paths
    saved: tuple[Saved, ...] = ()
    """The site's segments."""
    notes: tuple[Note, ...] = ()
    """What is shown with the chart; none where a stranger looks."""
    may_see_all: bool = False
    """The reader may take the filters off, and so be told what share of everybody something is."""

    def link(self, state: State) -> str:
        """The address of the report in a state."""
        return state.url(self.paths.report)

    def details(self, state: State) -> str:
        """The address of the details page in a state."""
        return state.url(self.paths.details)

    @property
    def filters(self) -> tuple[Filter, ...]:
        """What the store is asked: the state's filters, segments taken apart."""
        return taken_apart(self.state.filters, self.saved)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.timezone)

    @property
    def resolved(self) -> Resolved:
        return resolve(self.state.span, self.zone, self.now, oldest=self.oldest, compare=self.state.compare)

    @property
    def kpis(self) -> tuple[str, ...]:
        return kpis_for(self.site)

    @property
    def metric(self) -> str:
        """The metric plotted."""
        return self.state.metric if self.state.metric in self.kpis else self.kpis[0]

    @property
    def interval(self) -> Interval:
        return interval_for(self.resolved.period, self.state.interval)


def question(scene: Scene, metrics: Sequence[str], period: Period, **more: object) -> Question:
    """A question about the site of the scene, under its filters."""
    plain = Question(site_id=scene.site.id, timezone=scene.site.timezone, metrics=tuple(metrics), period=period,
                     filters=scene.filters)  # fmt: skip
    return msgspec.structs.replace(plain, **more)
