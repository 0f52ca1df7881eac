"""Dimensions: by what numbers can be split and filtered. A table of one-liners; a new dimension is a new row.

In: a name, as in DIMENSIONS, or `prop:<key>`. Out: a Dimension, which says of what it is a trait and how it is read
from a row of `visits` and from a row of `events`. An empty string as label means: not set.
A trait of a visit is the trait of its first event; rows of events ask their visit for it (build.py). A page seen in a
visit-question is the page where the visit began, as in Plausible. A deed (feature, property) is an event's alone.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from clickhouse.ask.question import QuestionError


class Of(StrEnum):
    """What a dimension is a trait of."""

    TIME = "time"
    VISIT = "visit"
    PAGE = "page"
    DEED = "deed"


class Dimension(msgspec.Struct, frozen=True, kw_only=True):
    """One way to split."""

    name: str
    label: str
    of: Of
    visits: str = ""
    """Read from a row of visits; empty: cannot be."""
    events: str = ""
    """Read from a row of events; for a trait of the visit, what an event without a visit says of itself."""
    credits: bool = False
    """Says how the visit came: credited to the host where it began, not to a host that it went on to."""
    key: str = ""
    """The property's key, of `prop:<key>`."""
    only: str = ""
    """Of which events it is a trait: when rows are split by it, no others are counted."""


PROPERTY = "prop:"
HOUR_OF_WEEK = "hour_of_week"
FINE = frozenset({"time:minute", "time:hour", HOUR_OF_WEEK})
"""A visit may cross these buckets, so who was there is counted on events."""


def _time(name: str, label: str, bucket: str) -> Dimension:
    return Dimension(
        name=f"time:{name}",
        label=label,
        of=Of.TIME,
        visits=bucket.format(at="start"),
        events=bucket.format(at="ts"),
    )


def _visit(name: str, label: str, *, own: str = "") -> Dimension:
    return Dimension(name=name, label=label, of=Of.VISIT, visits=name, events=own or name)


def _came(name: str, label: str) -> Dimension:
    return Dimension(name=name, label=label, of=Of.VISIT, visits=name, events=name, credits=True)


def _deed(name: str, label: str, feature: str, events: str) -> Dimension:
    """A trait of the uses of one feature that the snippet reports by itself."""
    return Dimension(name=name, label=label, of=Of.DEED, events=events, only=f"name = '{feature}'")


_WEEK = "formatDateTime({at}, '%u %H:00', {{tz:String}})"
"""`1 09:00` is Monday from nine to ten."""

_TABLE = (
    # Wall clock: the hour that a zone repeats in autumn is one bucket, the hour that it skips in spring has none.
    _time("minute", "Minute", "formatDateTime({at}, '%Y-%m-%d %H:%i:00', {{tz:String}})"),
    _time("hour", "Hour", "formatDateTime({at}, '%Y-%m-%d %H:00:00', {{tz:String}})"),
    _time("day", "Day", "toDate({at}, {{tz:String}})"),
    _time("week", "Week", "toMonday(toDate({at}, {{tz:String}}))"),
    _time("month", "Month", "toStartOfMonth(toDate({at}, {{tz:String}}))"),
    _time("year", "Year", "toStartOfYear(toDate({at}, {{tz:String}}))"),
    Dimension(
        name=HOUR_OF_WEEK,
        label="Hour of the week",
        of=Of.TIME,
        visits=_WEEK.format(at="start"),
        events=_WEEK.format(at="ts"),
    ),
    Dimension(name="page", label="Page", of=Of.PAGE, visits="entry", events="path"),
    Dimension(name="hostname", label="Host", of=Of.PAGE, visits="entry_hostname", events="hostname"),
    _visit("entry", "Entry page", own="''"),
    _visit("exit", "Exit page", own="''"),
    _visit("entry_hostname", "Entry host", own="''"),
    _visit("exit_hostname", "Exit host", own="''"),
    _came("source", "Source"),
    _came("channel", "Channel"),
    _came("referrer", "Referrer"),
    _came("utm_source", "UTM source"),
    _came("utm_medium", "UTM medium"),
    _came("utm_campaign", "UTM campaign"),
    _came("utm_content", "UTM content"),
    _came("utm_term", "UTM term"),
    _came("click", "Ad network"),
    _visit("country", "Country"),
    _visit("region", "Region"),
    _visit("city", "City"),
    _visit("device", "Device"),
    _visit("browser", "Browser"),
    _visit("browser_version", "Browser version"),
    _visit("os", "System"),
    _visit("os_version", "System version"),
    _visit("language", "Language"),
    Dimension(name="feature", label="Feature", of=Of.DEED, events="name"),
    Dimension(name="currency", label="Currency", of=Of.DEED, events="currency"),
    _deed("missing_page", "Page not found", "404", "path"),
    _deed("outbound_link", "Outbound link", "Outbound Link: Click", "props['url']"),
    _deed("download", "Download", "File Download", "props['url']"),
)

DIMENSIONS = {dimension.name: dimension for dimension in _TABLE}

BEGAN_ON = Dimension(name="(began on)", label="Began on host", of=Of.VISIT, visits="entry_hostname", events="hostname")
"""Not for asking: build.py adds it to a filter on hosts where `credits` matters."""


def dimension_of(name: str) -> Dimension:
    """Return the dimension of that name. Raises QuestionError."""
    if name.startswith(PROPERTY) and len(name) > len(PROPERTY):
        key = name.removeprefix(PROPERTY)
        return Dimension(name=name, label=key, of=Of.DEED, key=key)
    if name == BEGAN_ON.name:
        return BEGAN_ON
    if name not in DIMENSIONS:
        raise QuestionError(f"there is no dimension {name!r}", name)
    return DIMENSIONS[name]
