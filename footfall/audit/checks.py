"""The table of checks, in order of their numbers. A new check is a line here and a heading in docs/audit.md.

In: a Yard. Out: each check with its finding. A check that the world does not let happen (a store that is away, a
question that takes too long, a file that is gone) is SKIP with that reason: it is never a PASS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from clickhouse.faults import StoreError
from collector.spool import SpoolError
from footfall.audit import canary, live, machine, people, promises, stored, traces
from footfall.audit.finding import Finding, skipped
from footfall.audit.yard import Yard
from registry.errors import RegistryError


class Check(NamedTuple):
    """One check: `title` says what is true when it passes."""

    id: str
    title: str
    run: Callable[[Yard], Finding]


CHECKS: tuple[Check, ...] = (
    Check("A01", "Nothing stored has the shape of personal data", stored.nothing_personal),
    Check("A02", "Every column has a declared purpose", stored.every_column_has_a_purpose),
    Check("A03", "A made-up visit leaves no address, browser or e-mail address anywhere", canary.nothing_of_it_stays),
    Check("A04", "Logs hold nothing of a visitor", traces.logs_are_clean),
    Check("A05", "Daily keys are few, young, private and in memory", traces.salts_are_bounded),
    Check("A06", "Numbers of two sites and of two days have nothing in common", canary.numbers_have_nothing_in_common),
    Check("A07", "Global Privacy Control is obeyed", live.judged_by_the_server("gpc")),
    Check("A08", "Do Not Track is obeyed", live.judged_by_the_server("dnt")),
    Check("A09", "The opt-out is obeyed", live.judged_by_the_server("optout")),
    Check("A10", "A refused consent is obeyed", live.judged_by_the_server("denied")),
    Check("A11", "Robots are not counted", live.judged_by_the_server("bot")),
    Check("A12", "A forged address changes nothing", live.forged_address_changes_nothing),
    Check("A13", "Cookies are ours, first-party and bounded", live.cookies_are_ours),
    Check("A14", "Declining works without JavaScript, and lasts", live.declining_works_without_script),
    Check("A15", "Nothing is kept longer than its site says", promises.nothing_is_overdue),
    Check("A16", "Sums hold no visitor and no small group", stored.sums_are_safe),
    Check("A17", "Requests and holds are not overdue", promises.nobody_waits_too_long),
    Check("A18", "The record of who looked is whole", promises.the_chain_is_whole),
    Check("A19", "Copies are bounded", traces.copies_are_bounded),
    Check("A20", "Places are rough", machine.places_are_rough),
    Check("A21", "Nothing is sent out", machine.nothing_is_sent_out),
    Check("A22", "Access is needed and guarded", people.access_is_needed),
    Check("A23", "Sites are as their presets say", promises.presets_are_kept),
    Check("A24", "The notice shown is that of today's settings", live.notice_is_current),
    Check("A25", "The host keeps memory private", machine.host_is_hardened),
)


def run_checks(yard: Yard) -> Iterator[tuple[Check, Finding]]:
    """Make every check, in order."""
    for check in CHECKS:
        try:
            yield check, check.run(yard)
        except (StoreError, RegistryError, SpoolError) as error:
            yield check, skipped(f"could not be looked at: {error}")
        except OSError as error:
            yield check, skipped(f"could not be looked at: {error.strerror or type(error).__name__}")
