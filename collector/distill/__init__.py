"""Distill: the only bridge from an `Arrival` to an `Event`. What is personal goes in; it does not come out.

The steps stand below in their order, and the order is the meaning: whose page, with what, may it be counted at all,
where is it and where did it come from, roughly where from in the world, by whom for today. After the visitor's number
the address and the agent are forgotten: `Event` has no field that could hold them.
In: an arrival, its site, the tools, the clock. Out: an `Event`, or a `Refusal` that says why; never an exception,
whatever the arrival holds. Pure: with the same tools it always gives the same answer.
It does not assign visits (the drain does) and does not count refusals (tally.py).
"""

from __future__ import annotations

from clickhouse.rows import Event, Reason, Refusal
from collector.arrival import SILENT, Arrival
from collector.distill.bearing import bearing_of
from collector.distill.consent import Decision, Outcome, Say, decide
from collector.distill.event import Findings, event_of, happened
from collector.distill.place import place_of
from collector.distill.robot import robot_rule
from collector.distill.tools import Tools, open_tools
from collector.distill.visitor import NOBODY, consented_number, local_day, number, shown_number
from collector.vid import is_fresh
from registry.site import Site

__all__ = ["Tools", "distill", "open_tools"]

UNSEEN_HERE = False
"""An opt-out in the page's storage: only the page can see that."""


def distill(arrival: Arrival, site: Site, tools: Tools, now_ms: int) -> Event | Refusal:
    """Make an event of an arrival, or say why not. `now_ms` is ours: milliseconds since 1970 UTC."""
    bearing = bearing_of(arrival, site, tools)
    if bearing.misplaced:
        return bearing.misplaced

    agent = tools.agent(arrival.agent)
    robot = robot_rule(agent, arrival, site)
    decision = may_count(arrival, site, tools, is_bot=robot != "")
    if decision.outcome is Outcome.DROP:
        return Refusal(Reason(decision.reason), site.id, robot if decision.reason == Reason.BOT else "")
    if bearing.unwanted:
        return bearing.unwanted

    place = place_of(arrival.address, arrival.timezone, site.place, tools.geo, tools.zones)
    moment = happened(arrival, now_ms)
    consented = known_again(arrival, site, tools, now_ms, decision)
    visitor = consented or visitor_of(arrival, site, tools, moment, decision)
    is_consented, shown = consented != NOBODY, mark_of(arrival, site, tools)
    found = Findings(bearing, place, agent, visitor, moment, is_consented, shown)
    return event_of(arrival, site, found, tools, now_ms)


def may_count(arrival: Arrival, site: Site, tools: Tools, *, is_bot: bool) -> Decision:
    """Ask consent.py with what this side can see."""
    signals = arrival.signals
    if signals is SILENT and not is_bot and arrival.transport == "js":
        return tools.edition(site).silent
    say = Say(
        signals.optout_cookie,
        UNSEEN_HERE,
        signals.gpc,
        signals.dnt,
        signals.cookies_off,
        signals.consent,
        is_bot,
        arrival.transport,
    )
    return decide(say, site)


def visitor_of(arrival: Arrival, site: Site, tools: Tools, moment_ms: int, decision: Decision) -> int:
    """Number the visitor, as deeply as the decision allows; no salt is even asked for where there is no number."""
    if decision.outcome is Outcome.COUNT:
        return NOBODY
    salt = tools.salt(site.id, local_day(moment_ms, site.timezone))
    return number(site.id, arrival.address, arrival.agent, salt)


def known_again(arrival: Arrival, site: Site, tools: Tools, now_ms: int, decision: Decision) -> int:
    """Number a visitor who agreed to be known again; nobody unless his cookie is there and not too old."""
    cookie = arrival.signals.vid_cookie
    if decision.outcome is not Outcome.COOKIE or not is_fresh(cookie, now_ms / 1000):
        return NOBODY
    pepper = tools.pepper(site.id)
    return consented_number(cookie, pepper) if pepper else NOBODY


def mark_of(arrival: Arrival, site: Site, tools: Tools) -> int:
    """Mark the events of a visitor who asked to be shown what is recorded of him; nobody else's."""
    cookie = arrival.signals.showing
    pepper = tools.pepper(site.id) if cookie else b""
    return shown_number(cookie, pepper) if pepper else NOBODY
