"""The table of site settings: it drives `footfall site set`, the dashboard's form, presets and docs/settings.md.

In: a site and changes as typed (key to text). Out: the changed site, or `NotAllowed`. Defaults are those of `Site`, so
they stand in one place. Everything here is pure; `sites.py` stores.
A new setting costs two places: its field in site.py and its row below.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from registry.errors import NotAllowed
from registry.hosts import host_pattern
from registry.presets import PRESETS
from registry.setting import UNSET, Setting, one_word, path_pattern, plain_text, prop_key, query_name
from registry.site import Site

SIGNAL = ("decline", "ignore")
SWITCH = ("on", "off")

_ROWS = (
    Setting(
        key="name",
        kind="text",
        help="What the site is called on screen; empty: its host.",
    ),
    Setting(
        key="timezone",
        kind="zone",
        help="Where the site's day begins and ends. A change destroys today's salt, so visitors count anew that day.",
    ),
    Setting(
        key="preset",
        kind="choice",
        choices=tuple(PRESETS),
        help="Writes every setting that the preset governs; what is given beside it wins.",
    ),
    Setting(
        key="mode",
        kind="choice",
        choices=("none", "daily", "hybrid", "consent_only"),
        help="How visits are told apart: not at all, by a number that dies every night, that and a cookie for "
        "those who agreed, or nothing is counted before someone agrees.",
    ),
    Setting(
        key="legal_basis",
        kind="choice",
        choices=(UNSET, "consent", "legitimate_interest", "exempt_measurement"),
        help="On what ground the site measures, for the privacy notice and the record of processing. In the modes "
        "hybrid and consent_only events are refused (no_basis) until it is set.",
    ),
    Setting(
        key="gpc",
        kind="choice",
        choices=SIGNAL,
        help="What Global Privacy Control means: the visit is not counted, or the signal is ignored.",
    ),
    Setting(
        key="dnt",
        kind="choice",
        choices=SIGNAL,
        help="What Do Not Track means: the visit is not counted, or the signal is ignored.",
    ),
    Setting(
        key="cookies_disabled",
        kind="choice",
        choices=("decline", "count", "ignore"),
        help="What switched-off cookies mean: no; count without telling visits apart; nothing.",
    ),
    Setting(
        key="denied",
        kind="choice",
        choices=("drop", "count", "daily"),
        help="What becomes of visits that refused consent: not counted, counted without telling them apart, or "
        "counted with the daily number.",
    ),
    Setting(
        key="pixel",
        kind="choice",
        choices=("off", "count"),
        help="Whether the picture for pages without JavaScript counts page views; it never carries an id.",
    ),
    Setting(
        key="place",
        kind="choice",
        choices=("none", "country", "region", "city"),
        help="How precisely a visit's place is kept. It comes from a shortened address, or from the time zone.",
    ),
    Setting(
        key="hosts",
        kind="list",
        items="hosts, where *.example.com stands for everything below it",
        item=host_pattern,
        help="Further hosts whose pages may send events, beside the site's own and its www.",
    ),
    Setting(
        key="first_party_only",
        kind="switch",
        choices=SWITCH,
        help="Refuse events that a browser marks as sent from another site (Sec-Fetch-Site: cross-site).",
    ),
    Setting(
        key="keep_query",
        kind="list",
        items="query parameters",
        item=query_name,
        help="Parts of the query string that are kept, scrubbed; every other part is dropped.",
    ),
    Setting(
        key="redact",
        kind="list",
        items="path patterns, as /staff/* or /r/:code",
        item=path_pattern,
        help="Paths whose variable parts are replaced before anything is kept.",
    ),
    Setting(
        key="keep",
        kind="list",
        items="path patterns, as /users/guide",
        item=path_pattern,
        help="Paths that are kept as they are, though a rule would replace a part of them.",
    ),
    Setting(
        key="exclude",
        kind="list",
        items="path patterns, as /admin/**",
        item=path_pattern,
        help="Paths that are never counted.",
    ),
    Setting(
        key="hash_routes",
        kind="switch",
        choices=SWITCH,
        help="Treat #/route as a page of its own.",
    ),
    Setting(
        key="titles",
        kind="switch",
        choices=SWITCH,
        help="Keep page titles, scrubbed. They may name people: leave it off unless you know that they do not.",
    ),
    Setting(
        key="referrer_paths",
        kind="switch",
        choices=SWITCH,
        help="Keep the path of an external referrer, scrubbed, and not only its host.",
    ),
    Setting(
        key="props",
        kind="choice",
        choices=("open", "registered"),
        help="Which properties of feature events are kept: all, scrubbed, where new ones are told to the owner; or "
        "only the registered ones (prop_keys).",
    ),
    Setting(
        key="prop_keys",
        kind="list",
        items="names of properties",
        item=prop_key,
        help="The registered properties of feature events. With props=registered no other is kept.",
    ),
    Setting(
        key="redact_props",
        kind="list",
        items="names of properties",
        item=prop_key,
        help="Properties whose values are replaced by [redacted] before anything is kept.",
    ),
    Setting(
        key="allow_agents",
        kind="list",
        items="patterns",
        item=plain_text,
        help="Browsers whose User-Agent fits one of these are counted, though they look like robots.",
    ),
    Setting(
        key="retention_days",
        kind="number",
        least=1,
        most=760,
        unit="days",
        help="How long single events are kept; 760 days are 25 months. Shortening it deletes at the next night; "
        "lengthening it holds for later days only.",
    ),
    Setting(
        key="after_retention",
        kind="choice",
        choices=("delete", "anonymise"),
        help="What becomes of events over the limit: deleted, or added up first, without any visitor, to daily "
        "numbers, and after 25 months to monthly ones in which no group is smaller than min_group.",
    ),
    Setting(
        key="age_city_days",
        kind="number",
        least=0,
        most=760,
        unit="days",
        help="After so many days the city of a visit is forgotten and its region stays; 0: it stays as long as "
        "the visit.",
    ),
    Setting(
        key="age_region_days",
        kind="number",
        least=0,
        most=760,
        unit="days",
        help="After so many days city and region are forgotten and the country stays; 0: they stay as long as "
        "the visit.",
    ),
    Setting(
        key="min_group",
        kind="number",
        least=1,
        most=50,
        unit="visitors",
        help="Analysts and viewers get no answer about fewer visitors than this that a filter or a part of a day picks "
        "out; regions and cities of fewer are put together.",
    ),
    Setting(
        key="controller",
        kind="text",
        help="Who is responsible for the site, with an address: for the privacy notice and the record of processing.",
    ),
    Setting(
        key="contact",
        kind="text",
        help="Where visitors write to about their rights: an e-mail address or a page.",
    ),
    Setting(
        key="dpo",
        kind="text",
        help="The data-protection officer and how to reach them; empty where there is none.",
    ),
    Setting(
        key="authority",
        kind="text",
        help="The supervisory authority that is named to visitors for complaints.",
    ),
    Setting(
        key="hosting",
        kind="text",
        help="Where the data lies: the country, and the provider where there is one.",
    ),
    Setting(
        key="show_audit",
        kind="switch",
        choices=SWITCH,
        help="Tell visitors on the privacy page when the last self-audit was, and how many checks passed and failed.",
    ),
    Setting(
        key="alias",
        kind="list",
        items="site ids of another product",
        item=one_word,
        help="Names under which trackers of other products know this site: Umami's UUID, Matomo's number.",
    ),
)

SETTINGS: Mapping[str, Setting] = MappingProxyType({row.key: row for row in _ROWS})

_DEFAULTS = Site(id=0, host="")


def default_of(key: str) -> str:
    """Return the default of a setting as it is typed."""
    return SETTINGS[key].render(getattr(_DEFAULTS, key))


def setting_of(key: str) -> Setting:
    """Return the row of `key`, or raise `NotAllowed` with all there are."""
    if key in SETTINGS:
        return SETTINGS[key]
    near = difflib.get_close_matches(key, SETTINGS, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise NotAllowed(f"unknown setting {key!r}; {hint}settings are: {', '.join(SETTINGS)}")


def apply(site: Site, changes: Mapping[str, str]) -> Site:
    """Return `site` with `changes`; a preset among them is laid down first, whatever the order."""
    typed = {setting_of(key).key: text for key, text in changes.items()}
    if "preset" in typed:
        preset = str(SETTINGS["preset"].parse(typed["preset"]))
        typed = {**PRESETS[preset].settings, **typed}
    return msgspec.structs.replace(site, **{key: SETTINGS[key].parse(text) for key, text in typed.items()})


def differences(before: Site, after: Site) -> list[tuple[str, str, str]]:
    """Return (key, before, after) of every setting that differs, as typed."""
    texts = ((key, row.render(getattr(before, key)), row.render(getattr(after, key))) for key, row in SETTINGS.items())
    return [(key, old, new) for key, old, new in texts if old != new]
