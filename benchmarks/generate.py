"""Fills a store with made-up events inside the engine: `insert into events select … from numbers(…)`.

In: an open store, the numbers of sites, how many events for each. Out: a year of visits that ends now, in the order of
time, with skewed columns of plausible breadth, and their rows in `visits`. Four events make a visit: page view,
engagement, page view, then engagement or (one time in four) a feature with properties.
It is the one benchmark that goes past the public doors: through them, a hundred million events would take a day.
Made-up traffic knows no night and no weekend, and a visitor comes back only on the same day.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from running import footfall

from clickhouse.client import Store, connect
from clickhouse.close_days import close_days
from clickhouse.migrate import migrate
from clickhouse.visits import DERIVE_SITE

BIG = "big.example"
SMALL = tuple(f"small-{number}.example" for number in range(8))
KEEPS_DEMO_EMPTY = "demo.example"
"""Where the demo finds its own site, it makes up no traffic."""
YEAR_MS = 365 * 86_400_000
HOUR_MS = 3_600_000
ROWS_AT_ONCE = 1_000_000
EVENTS_OF_A_VISIT = 4

COUNTRIES = [
    *("DE", "FR", "GB", "US", "AT", "CH", "NL", "PL", "ES", "IT", "SE", "DK", "NO", "FI", "CZ"),
    *("PT", "IE", "BE", "CA", "AU", "BR", "IN", "JP", "KR", "MX", "TR", "UA", "RO", "HU", "GR"),
]
SOURCES = ("", "Google", "Hacker News", "Bing", "DuckDuckGo", "GitHub", "Reddit", "ChatGPT", "newsletter", "LinkedIn")
CHANNELS = ("Direct", "Organic Search", "Referral", "Organic Search", "Organic Search", "Referral", "Organic Social")
BROWSERS = ("Chrome", "Safari", "Firefox", "Edge", "Samsung Internet", "Opera")
SYSTEMS = ("Windows", "iOS", "Android", "macOS", "Linux")
LANGUAGES = ("en", "de", "fr", "pl", "es", "it", "nl", "pt", "sv", "cs")

INSERT = """
insert into events
(
    site_id, ts, visitor_id, visit_id, name, hostname, path, query, title, referrer, source, channel,
    utm_source, utm_medium, utm_campaign, country, region, city, browser, browser_version, os, os_version, device,
    language, engaged_ms, scroll, interactive, props, segment, seq
)
with
    intDiv(number, 4) as visit,
    number % 4 as step,
    {begin:Int64} + intDiv(visit * {span:Int64}, {visits:UInt64}) as start,
    (salt, skew, count) -> toUInt32(floor(pow((cityHash64(visit, salt) % 1000000) / 1000000., skew) * count)) as pick,
    (words, salt, skew) -> words[1 + pick(salt, skew, length(words))] as word,
    cityHash64({site:UInt32}, intDiv(start, 86400000), cityHash64(visit, 'who') % {daily:UInt64}) as who,
    pick('source', 2, 60) as origin,
    if(origin < 10, {sources:Array(String)}[1 + origin], concat('site-', toString(origin), '.example')) as came_from,
    came_from = 'newsletter' as is_tagged,
    word({countries:Array(String)}, 'country', 2) as land,
    pick('browser', 2, 6) as agent,
    floor(pow((cityHash64(number, 'path') % 1000000) / 1000000., 4) * 2000) as page
select
    {site:UInt32},
    fromUnixTimestamp64Milli(start + step * 21000 + cityHash64(number, 'ms') % 9000),
    if(who = 0, 1, who),
    bitShiftLeft(toUInt64(intDiv(start, 1000)), 32) + cityHash64(visit, 'visit') % 4294967296,
    multiIf(step % 2 = 0, 'pageview', step = 3 and visit % 4 = 0, 'Signup', 'engagement'),
    {host:String},
    concat('/section-', toString(page % 40), '/page-', toString(page)),
    '', '',
    if(step = 0 and came_from != '', concat(lower(came_from), '.example'), ''),
    if(step = 0, came_from, ''),
    if(step = 0, {channels:Array(String)}[1 + origin % length({channels:Array(String)})], ''),
    if(step = 0 and is_tagged, 'newsletter', ''),
    if(step = 0 and is_tagged, 'email', ''),
    if(step = 0 and is_tagged, concat('letter-', toString(pick('letter', 1, 30))), ''),
    land,
    concat(land, '-', toString(pick('region', 2, 16))),
    concat(land, ' town ', toString(pick('city', 2, 100))),
    {browsers:Array(String)}[1 + agent],
    toString(120 + pick('version', 3, 24)),
    word({systems:Array(String)}, 'system', 1),
    toString(10 + pick('release', 2, 8)),
    if(cityHash64(visit, 'phone') % 100 < 45, 'Mobile', 'Desktop'),
    word({languages:Array(String)}, 'language', 2),
    if(step % 2 = 1 and not (step = 3 and visit % 4 = 0), 2000 + cityHash64(number, 'read') % 90000, 0),
    if(step % 2 = 1, cityHash64(number, 'scroll') % 101, 0),
    true,
    if(step = 3 and visit % 4 = 0, map('plan', ['free', 'team', 'large'][1 + visit % 3]), map()),
    {segment:UInt64},
    toUInt32(number - {first:UInt64})
from numbers({first:UInt64}, {count:UInt64})
"""


def fill(store: Store, site: int, host: str, events: int, now_ms: int) -> None:
    """Give a site a year of `events` events (rounded down to whole visits), and their visits."""
    visits = max(1, events // EVENTS_OF_A_VISIT)
    begin = now_ms - YEAR_MS
    binds = {
        "site": site,
        "host": host,
        "begin": begin,
        "span": YEAR_MS - HOUR_MS,
        "visits": visits,
        "daily": max(1, visits * 7 // 10 // 365),
        "sources": SOURCES,
        "channels": CHANNELS,
        "countries": COUNTRIES,
        "browsers": BROWSERS,
        "systems": SYSTEMS,
        "languages": LANGUAGES,
    }
    rows = visits * EVENTS_OF_A_VISIT
    for first in range(0, rows, ROWS_AT_ONCE):
        slice_ = {
            "first": first,
            "count": min(ROWS_AT_ONCE, rows - first),
            "segment": site << 32 | first // ROWS_AT_ONCE,
        }
        store.writer.command(
            INSERT, {name: list(v) if isinstance(v, tuple) else v for name, v in (binds | slice_).items()}
        )
    derive(store, site, begin, now_ms, rows)


def derive(store: Store, site: int, begin: int, end: int, rows: int) -> None:
    """Derive the visits slice by slice: those of millions of events at once would take gigabytes.

    A visit cut by a slice's end is seen whole in the next; of two derivations the one that saw more events stays.
    """
    slices = rows // (2 * ROWS_AT_ONCE) + 1
    for number in range(slices):
        since, until = (begin + (end - begin) * edge // slices for edge in (number, number + 1))
        store.writer.command(DERIVE_SITE, {"site": site, "since": since - HOUR_MS, "until": until + HOUR_MS})


def generate(directory: Path, events: int, big: int) -> dict[str, int]:
    """Fill the installation in `directory`: `big` events for one site, the rest in equal parts. Return the rows."""
    for host in (KEEPS_DEMO_EMPTY, BIG, *SMALL):
        footfall(directory, "site", "add", host)
    sites = {site["host"]: site["id"] for site in json.loads(footfall(directory, "site", "list", "--json"))}
    now_ms = time.time_ns() // 1_000_000
    with connect(f"chdb://{directory / 'data' / 'store'}") as store:
        migrate(store)
        fill(store, sites[BIG], BIG, big, now_ms)
        for host in SMALL:
            fill(store, sites[host], host, (events - big) // len(SMALL), now_ms)
        for table in ("events", "visits"):  # as after some days at rest
            store.writer.command(f"optimize table {table} final")
        for site in sites.values():
            while not close_days(store, site, "UTC", datetime.now(UTC)):
                pass
        return {table: store.query(f"select count() from {table}")[0][0] for table in ("events", "visits")} | sizes(
            store
        )


def sizes(store: Store) -> dict[str, int]:
    rows = store.query("select sum(bytes_on_disk) from system.parts where active and database = currentDatabase()")
    return {"bytes": rows[0][0]}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="an empty directory; Footfall's data will be in data/ below it")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--big", type=int, default=0, help="of these, for the one big site; a fifth unless given")
    asked = parser.parse_args(words)
    print(generate(asked.directory, asked.events, asked.big or asked.events // 5))


if __name__ == "__main__":
    main()
