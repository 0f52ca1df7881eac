"""Panels: what a report shows, as data. A card is a list of tabs, a tab is a dimension with metrics.

From one row of these tables derive the questions asked, the columns and links of a card, its details page and its
exports: to show something new is to add a row. Names of metrics and dimensions are those of `clickhouse.ask`; `share`
is the first metric as a part of the whole (of `Tab.whole`). Titles stand in the catalogue under `card.<key>` and
`tab.<key>`. Nothing here asks, counts or draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from clickhouse.ask.deeds import NOT_FEATURES
from registry.site import Site

SHARE = "share"
CONVERSION = "conversion"
"""The first metric as a part of what it is of everybody (conversion.py)."""
REPORTED = frozenset({SHARE, CONVERSION})
"""Columns made of others: no question asks for them."""

KPIS = (
    "visitors",
    "visits",
    "pageviews",
    "engaged_seconds",
    "engaged_rate",
    "bounce_rate",
    "visit_duration",
)
"""The figures above the chart, in order; the first is plotted when nobody chose."""

KPIS_WITHOUT_VISITS = ("pageviews", "events")
"""The same for a site that tells no visits apart (mode `none`)."""
DOWN_IS_GOOD = frozenset({"bounce_rate"})
DEEDS = frozenset({"feature", "outbound_link", "download"})
"""Dimensions that split uses of features, not visits."""
NOT_FOUND = "404"
"""The feature that a page reports when it stands for one that is not there."""
ROWS_OF_A_CARD = 9
ROWS_OF_A_MAP = 250
"""A map shows every country; its list shows as many as fit."""
ROWS_OF_A_PAGE = 100

VISIT_COLUMNS = ("visitors", "visits", "pageviews", "engaged_seconds", "engaged_rate", "bounce_rate", "visit_duration")


class Tab(msgspec.Struct, frozen=True):
    """One list of a card."""

    key: str
    dimension: str
    columns: tuple[str, ...]
    """First the metric that bars and order follow, then what stands beside it."""
    whole: str = "visitors"
    """The total that `share` is a part of."""
    details: tuple[str, ...] = VISIT_COLUMNS
    without: tuple[str, ...] = ()
    """Values that are no rows: what has a list of its own."""
    feature: str = ""
    """Rows count the uses of this feature alone."""
    by_visit: bool = False
    """A row filters by visits that did this at any moment, not by the events that are this."""
    needs_name: bool = False
    """On the report, what has no name is no row: most visits come without a campaign."""
    under: str = ""
    """The key of the tab that this one is a kind of: it stands in a second row while one of its kin is open."""


class Card(msgspec.Struct, frozen=True):
    """One box of the report; its first tab is open when nobody chose."""

    key: str
    tabs: tuple[Tab, ...]
    is_wide: bool = False
    has_map: bool = False

    def tab(self, key: str) -> Tab:
        """The tab called `key`; the first one when there is none of that name."""
        return next((tab for tab in self.tabs if tab.key == key), self.tabs[0])


_PLAIN = ("visitors", SHARE)

CARDS: tuple[Card, ...] = (
    Card(
        "sources",
        (
            Tab("channels", "channel", ("visitors", "engaged_rate")),
            Tab("sources", "source", ("visitors", "engaged_rate")),
            Tab("campaigns", "utm_campaign", ("visitors", "engaged_rate"), needs_name=True),
            Tab("utm_sources", "utm_source", ("visitors", "engaged_rate"), under="campaigns",
                needs_name=True),
            Tab("utm_mediums", "utm_medium", ("visitors", "engaged_rate"), under="campaigns",
                needs_name=True),
            Tab("utm_contents", "utm_content", ("visitors", "engaged_rate"), under="campaigns",
                needs_name=True),
            Tab("utm_terms", "utm_term", ("visitors", "engaged_rate"), under="campaigns",
                needs_name=True),
        ),
    ),
    Card(
        "pages",
        (
            Tab("pages", "page", ("visitors", "engaged_seconds"), details=(
                "visitors", "visits", "pageviews", "engaged_seconds", "scroll_depth", "bounce_rate")),
            Tab("entry", "entry", ("visits", "bounce_rate"), whole="visits"),
            Tab("exit", "exit", ("visits", SHARE), whole="visits"),
            Tab("missing", "page", ("events", "visitors"), feature=NOT_FOUND, details=("events", "visitors")),
        ),
    ),
    Card(
        "places",
        (
            Tab("countries", "country", _PLAIN),
            Tab("regions", "region", _PLAIN),
            Tab("cities", "city", _PLAIN),
            Tab("languages", "language", _PLAIN),
        ),
        is_wide=True,
        has_map=True,
    ),
    Card(
        "devices",
        (
            Tab("types", "device", _PLAIN),
            Tab("browsers", "browser", _PLAIN),
            Tab("systems", "os", _PLAIN),
        ),
    ),
    Card(
        "features",
        (
            Tab("uses", "feature", ("events", "visits", SHARE), whole="visits", by_visit=True, without=NOT_FEATURES,
                details=("events", "visits", "visitors", SHARE)),
        ),
    ),
)  # fmt: skip

MORE_TABS: tuple[Tab, ...] = (
    Tab("hostnames", "hostname", _PLAIN),
    Tab("referrers", "referrer", _PLAIN),
    Tab("outbound", "outbound_link", ("events", "visitors"), details=("events", "visitors")),
    Tab("downloads", "download", ("events", "visitors"), details=("events", "visitors")),
    Tab("browser_versions", "browser_version", _PLAIN),
    Tab("os_versions", "os_version", _PLAIN),
)
"""Lists that have a details page and no place on the report."""

SETTING_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("site", ("name", "timezone", "hosts", "first_party_only", "alias")),
    ("choice", ("preset", "mode", "legal_basis", "gpc", "dnt", "cookies_disabled", "denied", "pixel")),
    (
        "kept",
        (
            "place",
            "titles",
            "referrer_paths",
            "props",
            "prop_keys",
            "redact_props",
            "keep_query",
            "redact",
            "keep",
            "retention_days",
            "after_retention",
            "age_city_days",
            "age_region_days",
        ),
    ),
    ("notice", ("controller", "contact", "dpo", "authority", "hosting", "show_audit")),
    ("counted", ("exclude", "hash_routes", "allow_agents", "min_group")),
)
"""How the form of a site's settings is laid out; a setting that is not named here stands at the end."""

PLACE_TABS = {"none": 0, "country": 1, "region": 2, "city": 3}
"""How many of the place tabs (countries, regions, cities) a site's `place` setting leaves anything for."""


class Keyed(Protocol):
    """Anything with a key."""

    @property
    def key(self) -> str: ...


def grouped(fields: Sequence[Keyed]) -> list[tuple[str, list[Keyed]]]:
    """Lay settings out in groups, each in its order; what has no group makes one of its own."""
    by_key = {field.key: field for field in fields}
    laid = [(name, [by_key.pop(key) for key in keys if key in by_key]) for name, keys in SETTING_GROUPS]
    return [(name, members) for name, members in (*laid, ("more", list(by_key.values()))) if members]


def card_of(key: str) -> Card | None:
    return next((card for card in CARDS if card.key == key), None)


def tab_of(key: str) -> Tab | None:
    """The tab whose details page is called `key`. Keys of tabs are unique over all cards."""
    return next((tab for tab in (*(tab for card in CARDS for tab in card.tabs), *MORE_TABS) if tab.key == key), None)


def kpis_for(site: Site) -> tuple[str, ...]:
    return KPIS_WITHOUT_VISITS if site.mode == "none" else KPIS


def without_visits(tab: Tab) -> Tab:
    """The same list, counted in page views or uses: where visits are not told apart there is nothing else."""
    counts_uses = tab.dimension in DEEDS or tab.feature != ""
    counted = "events" if counts_uses else "pageviews"
    columns = (counted,) if counts_uses else (counted, SHARE)
    return msgspec.structs.replace(tab, columns=columns, details=columns, whole=counted, by_visit=False)


def fitted(tab: Tab, site: Site) -> Tab:
    return without_visits(tab) if site.mode == "none" else tab


def tabs_for(card: Card, site: Site) -> tuple[Tab, ...]:
    """The tabs of a card that this site has numbers for."""
    tabs = card.tabs
    if card.has_map:
        tabs = (*tabs[: PLACE_TABS[site.place]], *tabs[3:])
    if site.mode == "none":
        tabs = tuple(tab for tab in tabs if tab.dimension not in ("entry", "exit"))
    return tuple(fitted(tab, site) for tab in tabs)
