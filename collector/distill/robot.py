"""Robot: does anything say that no person is looking at this page, and which rule says so?

In: what the agent tells (device.py), the browser's own signals, and the site's `allow_agents`. Out: the rule's name in
our words, for the owner to see, or nothing.
A page fetched ahead of time is nobody's visit, whoever fetches. Beyond that the site may vouch for an agent of its own
(a test browser, a kiosk). A server that holds a key need not name an agent.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from collector.arrival import Arrival
from collector.distill.device import NO_AGENT, Agent
from registry.site import Site


def robot_rule(agent: Agent, arrival: Arrival, site: Site) -> str:
    """Name the rule that takes this for no person, or nothing."""
    if arrival.signals.prefetch:
        return "prefetch"
    if site.allow_agents and is_vouched_for(arrival.agent, site.allow_agents):
        return ""
    if arrival.signals.webdriver:
        return "webdriver"
    return "" if arrival.transport == "server" and agent.robot == NO_AGENT else agent.robot


def is_vouched_for(agent: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether an agent contains one of the patterns; `*` is any text, case does not matter."""
    text = agent.lower()
    return any(fnmatchcase(text, f"*{pattern.lower()}*") for pattern in allowed)
