"""What the running server does: A07 to A14, A24. Judged from a Probe; nothing is asked here.

In: a Yard. Out: findings. Without a server every one of them is SKIP. That a count did not move is worth something
only beside one that did: each sentence says which marked visit arrived.
"""

from __future__ import annotations

from collections.abc import Callable

from collector.privacy.notice import version_of
from collector.settings import PREFIX
from footfall.audit.finding import Finding, counted, failed, listed, passed, skipped, warned
from footfall.audit.probe import Seen
from footfall.audit.yard import Yard

COOKIES = (
    "footfall_optout",
    "footfall_consent",
    "__Host-footfall_vid",
    "__Host-footfall_dsr",
    "__Host-footfall_session",
)
PLAIN = tuple(name.removeprefix("__Host-") for name in COOKIES)
"""As they are named on plain http of this machine."""
LONGEST_SECONDS = 34_560_000
SHORTEST_OPTOUT = 7 * 86_400
SAID = {
    "gpc": "Global Privacy Control",
    "dnt": "Do Not Track",
    "optout": "the opt-out cookie",
    "denied": "a refused consent",
    "bot": "a robot's identification",
}


def judged_by_the_server(reason: str) -> Callable[[Yard], Finding]:
    """Return the check that an arrival with this say is not counted (A07 to A11)."""

    def check(yard: Yard) -> Finding:
        probe = yard.probe
        if probe.why:
            return skipped(probe.why)
        kept = [path for path, _, _ in probe.kept if path == f"/no/{reason}"]
        if kept:
            return failed(
                f"a visit with {SAID[reason]} was counted", "report it; until then set the site's mode to none"
            )
        if not probe.refused.get(reason):
            return failed(
                f"a visit with {SAID[reason]} was refused, but not counted as `{reason}`",
                "look at `footfall_refused_total` and the page Refused",
            )
        return passed(
            f"a visit with {SAID[reason]} stored no event and was counted as `{reason}`; "
            f"a plain one beside it was in the store after {probe.seconds:.1f} s"
        )

    return check


def forged_address_changes_nothing(yard: Yard) -> Finding:
    """A12."""
    probe = yard.probe
    wide = [str(network) for network in yard.settings.trusted_proxies if network.num_addresses > 1 << 24]
    if wide:
        return failed(
            f"{PREFIX}TRUSTED_PROXIES believes {listed(wide)}: whoever comes from there can claim any address",
            f"name your proxies alone in {PREFIX}TRUSTED_PROXIES",
        )
    if probe.why:
        return skipped(probe.why)
    if probe.is_local:
        return skipped(
            "asked on this machine, which is a trusted proxy itself: `footfall audit --live` with the public "
            "address sends a forged X-Forwarded-For through it"
        )
    seen = {path: (country, number) for path, country, number in probe.kept}
    if "/forged" not in seen or not seen["/plain"][1]:
        return skipped("the marked visits had no number of the day, or did not arrive: nothing can be compared")
    if seen["/plain"] != seen["/forged"]:
        return failed(
            "a forged X-Forwarded-For makes another visitor, or another country",
            f"let the proxy overwrite the header, and name it alone in {PREFIX}TRUSTED_PROXIES",
        )
    return passed(
        "a forged X-Forwarded-For through the public address changed neither the visitor's number nor the country"
    )


def cookies_are_ours(yard: Yard) -> Finding:
    """A13."""
    if yard.probe.why:
        return skipped(yard.probe.why)
    seen = [*yard.probe.seen, *([yard.probe.declined] if yard.probe.declined else [])]
    faults = [fault for each in seen for line in each.cookies for fault in faults_of(each.route, line, yard)]
    count = sum(len(each.cookies) for each in seen)
    if faults:
        return failed(listed(faults), "look at the proxy: it must not add or change cookies; else report it")
    return passed(
        f"{len(seen)} public routes set {count} cookies between them: known names, no Domain, SameSite Lax or "
        f"Strict, none longer than {LONGEST_SECONDS // 86_400} days"
    )


def faults_of(route: str, line: str, yard: Yard) -> list[str]:
    """Say what is wrong with a Set-Cookie line."""
    pair, *rest = [part.strip() for part in line.split(";")]
    name = pair.partition("=")[0]
    told = {part.partition("=")[0].lower(): part.partition("=")[2] for part in rest}
    faults = [] if name in COOKIES or (yard.probe.is_local and name in PLAIN) else [f"{name} is not one of ours"]
    if told.get("samesite", "").lower() not in ("lax", "strict"):
        faults.append(f"{name} is not SameSite=Lax or Strict")
    if "domain" in told:
        faults.append(f"{name} has a Domain")
    if "secure" not in told and not yard.probe.is_local:
        faults.append(f"{name} is not Secure")
    if int(told.get("max-age") or 0) > LONGEST_SECONDS:
        faults.append(f"{name} lives too long")
    return [f"{route}: {fault}" for fault in faults]


def declining_works_without_script(yard: Yard) -> Finding:
    """A14."""
    if yard.probe.why:
        return skipped(yard.probe.why)
    answer = yard.probe.declined
    age = (
        max((age_of(line) for line in answer.cookies if line.startswith("footfall_optout=1")), default=0)
        if answer
        else 0
    )
    if answer is None or answer.status != 303 or age < SHORTEST_OPTOUT:
        return failed(
            "a plain POST of “stop measuring me” did not set the opt-out for a week or more",
            "look whether the proxy passes POST /privacy/choice and its Set-Cookie on",
        )
    return passed(f"a plain POST without script sets the opt-out by HTTP for {age // 86_400} days")


def age_of(line: str) -> int:
    """Return the Max-Age of a Set-Cookie line, 0 where there is none."""
    ages = [part.partition("=")[2] for part in line.split(";") if part.strip().lower().startswith("max-age=")]
    return int(ages[0]) if ages and ages[0].strip().isdigit() else 0


def notice_is_current(yard: Yard) -> Finding:
    """A24."""
    if yard.probe.why:
        return skipped(yard.probe.why)
    shown = {site.id: site for site in yard.sites if site.id in yard.probe.notices}
    stale = [f"site {number}" for number, site in shown.items() if version_of(site) not in yard.probe.notices[number]]
    if stale:
        return failed(
            f"the privacy page of {listed(stale)} does not show the notice of today's settings",
            "restart the server; a cache in front of /privacy must not keep it",
        )
    if not shown:
        return skipped("no site's privacy page can be fetched through this address")
    unnamed = [f"site {site.id}" for site in yard.sites if not (site.controller and site.contact)]
    told = f"the privacy page of {counted(len(shown), 'site')} shows the version of today's settings"
    if unnamed:
        return warned(
            f"{told}; {listed(unnamed)}: nobody is named as responsible",
            "footfall site set HOST controller=… contact=…",
        )
    return passed(f"{told}; the site's own policy page, if it repeats the notice, has to be compared by hand")


def pages_have_policies(seen: tuple[Seen, ...]) -> list[str]:
    """Return the pages whose Content-Security-Policy does not begin by forbidding everything."""
    return [each.route for each in seen if each.kind == "text/html" and "default-src 'none'" not in each.policy]
