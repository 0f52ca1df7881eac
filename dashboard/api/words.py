"""The words of the Stats API and ours for them: metrics, dimensions, labels of what is empty.

Two tables, one row a word; everything that knows a name of the API reads it here. A metric or dimension of ours that
Plausible has no word for is accepted under our own name, as an addition.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from registry.countries import COUNTRIES
from registry.regions import REGIONS, region_name

Needs = Literal["", "goal", "page", "dimension", "exit"]


class MetricWord(msgspec.Struct, frozen=True):
    """A metric of the API."""

    name: str
    ours: str
    """Our metric; empty: computed from others (`percentage`) or not to be had without goals."""
    of_visits: bool = False
    """Belongs to visits: cannot be broken down by something of a single event."""
    needs: Needs = ""


METRIC_WORDS: dict[str, MetricWord] = {
    word.name: word
    for word in (
        MetricWord("visitors", "visitors"),
        MetricWord("visits", "visits"),
        MetricWord("pageviews", "pageviews"),
        MetricWord("views_per_visit", "views_per_visit", of_visits=True),
        MetricWord("bounce_rate", "bounce_rate", of_visits=True),
        MetricWord("visit_duration", "visit_duration", of_visits=True),
        MetricWord("events", "events"),
        MetricWord("scroll_depth", "scroll_depth", needs="page"),
        MetricWord("percentage", "", needs="dimension"),
        MetricWord("conversion_rate", "", needs="goal"),
        MetricWord("group_conversion_rate", "", needs="goal"),
        MetricWord("time_on_page", "engaged_seconds", needs="page"),
        MetricWord("total_revenue", "revenue"),
        MetricWord("average_revenue", "average_revenue"),
        MetricWord("exit_rate", "", needs="exit"),
        MetricWord("consented_visitors", "consented_visitors"),
        MetricWord("engaged_rate", "engaged_rate", of_visits=True),
        MetricWord("engaged_seconds", "engaged_seconds", of_visits=True),
    )
}

GOAL = "event:goal"
PAGE = "event:page"
EXIT = "visit:exit_page"
PROPS = "event:props:"
SEGMENT = "segment"
MONEY = ("total_revenue", "average_revenue")

DIMENSION_WORDS: dict[str, str] = {
    "event:name": "feature",
    "event:page": "page",
    "event:hostname": "hostname",
    "event:missing_page": "missing_page",
    "event:outbound_link": "outbound_link",
    "event:download": "download",
    "event:currency": "currency",
    "visit:source": "source",
    "visit:channel": "channel",
    "visit:referrer": "referrer",
    "visit:utm_medium": "utm_medium",
    "visit:utm_source": "utm_source",
    "visit:utm_campaign": "utm_campaign",
    "visit:utm_content": "utm_content",
    "visit:utm_term": "utm_term",
    "visit:device": "device",
    "visit:browser": "browser",
    "visit:browser_version": "browser_version",
    "visit:os": "os",
    "visit:os_version": "os_version",
    "visit:country": "country",
    "visit:region": "region",
    "visit:city": "city",
    "visit:country_name": "country",
    "visit:region_name": "region",
    "visit:city_name": "city",
    "visit:entry_page": "entry",
    "visit:exit_page": "exit",
    "visit:entry_page_hostname": "entry_hostname",
    "visit:exit_page_hostname": "exit_hostname",
    "visit:language": "language",
}
OLD_WORDS = {"visit:screen": "visit:device"}
TIME_WORDS: dict[str, str] = {
    "time": "",
    "time:hour": "time:hour",
    "time:day": "time:day",
    "time:week": "time:week",
    "time:month": "time:month",
    "time:year": "time:year",
    "time:hour_of_week": "hour_of_week",
}
"""Plausible's public API has no minutes; `time` is the interval that suits the range."""

NOTHING = "(not set)"
NOTHING_WORDS = {"visit:source": "Direct / None", "visit:referrer": "Direct / None", "visit:channel": "Direct"}
"""What the API calls an empty label; a property's is `(none)`."""

OPERATORS = ("is", "is_not", "contains", "contains_not", "matches", "matches_not")
GOAL_OPERATORS = ("is", "contains")
CASELESS_OPERATORS = ("is", "is_not", "contains", "contains_not")

COUNTRY_CODES = {name: code for code, name in COUNTRIES.items()}
REGION_CODES = {region_name(code): code for code in reversed(REGIONS)}
DEVICE_WORDS = {
    "desktop": "Desktop",
    "mobile": "Mobile",
    "tablet": "Tablet",
    "tv": "TV",
    "console": "Console",
    "wearable": "Wearable",
}


def is_prop(name: str) -> bool:
    return name.startswith(PROPS) and len(name) > len(PROPS)


def is_filter_dimension(name: object) -> bool:
    """Whether a filter may name it."""
    return isinstance(name, str) and (name in DIMENSION_WORDS or name in OLD_WORDS or is_prop(name))


def is_dimension(name: object) -> bool:
    """Whether results may be grouped by it."""
    return is_filter_dimension(name) or name == GOAL or (isinstance(name, str) and name in TIME_WORDS)


def our_dimension(name: str) -> str:
    """Translate a dimension that a filter may name."""
    if is_prop(name):
        return "prop:" + name.removeprefix(PROPS)
    return DIMENSION_WORDS[OLD_WORDS.get(name, name)]


def nothing_word(name: str) -> str:
    """Say what the API calls a label that is not set."""
    return "(none)" if is_prop(name) else NOTHING_WORDS.get(name, NOTHING)


def their_label(name: str, label: str) -> str:
    """Say a label of ours as the API does."""
    if not label:
        return nothing_word(name)
    if name == "visit:country_name":
        return COUNTRIES.get(label, label)
    if name == "visit:region_name":
        return region_name(label)
    if OLD_WORDS.get(name, name) == "visit:device":
        return DEVICE_WORDS.get(label, label)
    return label


def our_value(name: str, value: str) -> str:
    """Understand a filter's value: the opposite of `their_label`."""
    if value == nothing_word(name):
        return "" if name != "visit:channel" else value
    if name == "visit:country_name":
        return COUNTRY_CODES.get(value, value)
    if name == "visit:region_name":
        return REGION_CODES.get(value, value)
    if OLD_WORDS.get(name, name) == "visit:device":
        return value.lower()
    return value
