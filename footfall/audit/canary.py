"""Canary: a made-up visit goes through the real pipeline, then everything is searched for it (A03, A06).

In: a Yard. Out: findings. The visit has an address of the block for documentation, and a random word in its agent,
path, query and properties. It crosses the bridge, a spool, the drain and the store like any other, for a number that is
no site's, so it stands in no report; afterwards its rows are erased and its salts destroyed. What is searched: every
text column with deletion marks ignored, statements that the engine keeps, and each file of FOOTFALL_DATA, of the salts
and of the temporary directory that has changed meanwhile.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from clickhouse.erase import erase_site
from clickhouse.examine import events_of, holding
from clickhouse.rows import PAGEVIEW, Event
from collector.arrival import Arrival
from collector.distill import Tools, distill
from collector.spool import Limits, Spool
from collector.spool.disk import make_private
from collector.spool.record import encode_event
from footfall.audit.finding import Finding, failed, listed, passed, skipped
from footfall.audit.probe import ADDRESS, AGENT
from footfall.audit.searching import holding_files, tail_of
from footfall.audit.traces import mutations_hold
from footfall.audit.yard import Yard
from footfall.footing import open_bridge
from registry.site import Site

FIRST, SECOND = (Site(id=(1 << 32) - number, host="self-audit.invalid") for number in (2, 3))
"""The highest numbers there are: the registry counts from 1 and never gets there."""
SPOOL = "self-audit"


def nothing_of_it_stays(yard: Yard) -> Finding:
    """A03."""
    tools = open_bridge(yard.settings, yard.salts)
    with _released(yard, FIRST):
        event = distill(arrival_of(yard.word), FIRST, tools, _now_ms(yard))
        if not isinstance(event, Event):
            return failed(f"the made-up visit was refused ({event.reason})", "this should not be possible: report it")
        _spool(yard, event)
        if not yard.await_in_store(lambda: bool(events_of(yard.store, FIRST.id))):
            return skipped("the made-up visit did not reach the store in time: is it far behind? Try again later")
        return _search(yard)


def numbers_have_nothing_in_common(yard: Yard) -> Finding:
    """A06."""
    tools = open_bridge(yard.settings, yard.salts)
    with _released(yard, FIRST), _released(yard, SECOND):
        numbers = [number_at(yard, tools, FIRST), number_at(yard, tools, SECOND)]
        again = number_at(yard, tools, FIRST)
        yard.salts.destroy(FIRST.id)  # what midnight does
        numbers.append(number_at(yard, tools, FIRST))
    if again != numbers[0]:
        return failed(
            "one visitor got two numbers on one day", "look whether FOOTFALL_SALTS is shared by all processes"
        )
    if 0 in numbers or len(set(numbers)) != len(numbers):
        return failed("the same number on two sites, or after midnight", "this should not be possible: report it")
    return passed(
        "one address and browser got three unrelated numbers: on two sites, and again after its key was destroyed"
    )


def arrival_of(word: str) -> Arrival:
    """Make a visit with everything personal that a visit can have."""
    return Arrival(
        name=PAGEVIEW,
        url=f"https://{FIRST.host}/u/{word}/account?email={word}@example.org&utm_source={word}@example.org",
        site=FIRST.host,
        referrer=f"https://example.org/search?q={word}",
        address=ADDRESS,
        agent=f"{AGENT} {word}",
        props={"email": f"{word}@example.org", "plan": f"{word}@example.org"},
    )


def number_at(yard: Yard, tools: Tools, site: Site) -> int:
    """Return the visitor number that the canary gets."""
    event = distill(arrival_of(yard.word), site, tools, _now_ms(yard))
    return event.visitor_id if isinstance(event, Event) else 0


def _search(yard: Yard) -> Finding:
    words = (yard.word, ADDRESS)
    found = [f"{column.table}.{column.name}" for column in holding(yard.store, words)]
    if mutations_hold(yard):
        found.append("a statement that ClickHouse keeps")
    since, read = yard.now.timestamp() - 1, 0
    for folder in folders(yard):
        here, count = holding_files(folder, words, since)
        read += count
        found += [f"{folder.name}/{name}" for name in here]
    found += [str(log) for log in yard.logs if yard.word.encode() in tail_of(log)]
    if found:
        return failed(
            f"the made-up visitor's word or address stands in {listed(found)}",
            "stop collecting until this is understood: it breaks the first promise; report it with this output",
        )
    through = "the running server and the drain" if yard.probe.kept else "the bridge, a spool and the drain"
    return passed(
        f"a made-up visit went through {through}; its word and address are in no text column, no kept "
        f"statement, and none of {read} files that changed meanwhile"
    )


def folders(yard: Yard) -> list[Path]:
    """Return where files are searched."""
    places = [yard.data, *([Path(yard.salts.name)] if yard.salts.name.startswith("/") else [])]
    tmp = Path(tempfile.gettempdir())
    return [*places, *([tmp] if yard.data not in tmp.parents and tmp.name.startswith("inserting") else [])]


@contextmanager
def _released(yard: Yard, site: Site) -> Iterator[None]:
    try:
        yield
    finally:
        erase_site(yard.store, site.id)
        yard.salts.destroy(site.id)


def _spool(yard: Yard, event: Event) -> None:
    directory = yard.data / "spool" / SPOOL
    make_private(directory)
    with closing(Spool.open(directory, Limits(segment_seconds=0, ballast_bytes=0))) as spool:
        spool.append([encode_event(event)])
        spool.rest()


def _now_ms(yard: Yard) -> int:
    return int(yard.now.timestamp() * 1000)
