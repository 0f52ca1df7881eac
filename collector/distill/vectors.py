"""Vectors: every answer of `decide` that a page can ask for, as one JSON file for the snippet's port of it.

`python -m collector.distill.vectors` writes the text to standard output; it is kept as
`js-snippet/vectors/decide.json`, and a test compares the two, so neither side can change alone.
In: nothing but `decide`. Out: 144 policies x 256 says, one letter each. The file explains its own encoding.
Not in it: the pixel, which has no script; and what the server cannot see, which `seen_by_server` takes away.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import product

import msgspec

from collector.distill.consent import Decision, Outcome, Say, decide
from registry.site import Site

POLICY_AXES: dict[str, tuple[str, ...]] = {
    "mode": ("none", "daily", "hybrid", "consent_only"),
    "gpc": ("decline", "ignore"),
    "dnt": ("decline", "ignore"),
    "cookies_disabled": ("decline", "count", "ignore"),
    "denied": ("drop", "count", "daily"),
}
SAY_AXES: dict[str, tuple[bool | str, ...]] = {
    "optout_cookie": (False, True),
    "optout_storage": (False, True),
    "gpc": (False, True),
    "dnt": (False, True),
    "cookies_off": (False, True),
    "consent": ("unset", "granted", "granted_gpc", "denied"),
    "bot": (False, True),
}
LETTERS: dict[str, tuple[Outcome, str]] = {
    "b": (Outcome.DROP, "bot"),
    "o": (Outcome.DROP, "optout"),
    "x": (Outcome.DROP, "denied"),
    "g": (Outcome.DROP, "gpc"),
    "d": (Outcome.DROP, "dnt"),
    "k": (Outcome.DROP, "cookies_off"),
    "a": (Outcome.DROP, "no_consent"),
    "K": (Outcome.COUNT, "cookies_off"),
    "X": (Outcome.COUNT, "denied"),
    "N": (Outcome.COUNT, "mode_none"),
    "Y": (Outcome.DAILY, "denied"),
    "D": (Outcome.DAILY, "daily"),
    "C": (Outcome.COOKIE, "consent"),
}
FORMAT = (
    "What decide() answers in a page. `rows` maps a policy, its five values joined by a blank in the order of `policy`,"
    " to one letter for each say; `letters` tells [outcome, reason]. The says are counted like an odometer over the"
    " axes of `say`: the last axis turns fastest. Made by `python -m collector.distill.vectors`; do not edit."
)


def seen_by_server(say: Say) -> Say:
    """Take away what only the page can know: its storage and, where no script ran, that cookies are off."""
    if say.transport != "pixel" or not say.cookies_off:
        return msgspec.structs.replace(say, optout_storage=False)
    # A browser without cookies sends none, so their content is not there to be seen either.
    return msgspec.structs.replace(say, optout_storage=False, cookies_off=False, optout_cookie=False, consent="unset")


def settle(say: Say, site: Site) -> tuple[Decision, str]:
    """Tell what is kept and which side had the last word: the page decides first, where there is one."""
    if say.transport == "js":
        decision = decide(say, site)
        if decision.outcome is Outcome.DROP:
            return decision, "client"
    return decide(seen_by_server(say), site), "server"


def all_says() -> Iterator[Say]:
    for values in product(*SAY_AXES.values()):
        yield Say(*values)  # type: ignore[arg-type]  # the axes stand in the order of Say's fields


def all_policies() -> Iterator[Site]:
    for values in product(*POLICY_AXES.values()):
        yield Site(id=1, host="example.com", **dict(zip(POLICY_AXES, values, strict=True)))  # type: ignore[arg-type]


def build() -> str:
    """Write the vectors as JSON text, the same text every time."""
    letter_of = {answer: letter for letter, answer in LETTERS.items()}
    rows = {}
    for site in all_policies():
        answers = (decide(say, site) for say in all_says())
        policy = " ".join(getattr(site, axis) for axis in POLICY_AXES)
        rows[policy] = "".join(letter_of[answer.outcome, answer.reason] for answer in answers)
    document = {"format": FORMAT, "policy": POLICY_AXES, "say": SAY_AXES, "letters": LETTERS, "rows": rows}
    return json.dumps(document, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(build())
