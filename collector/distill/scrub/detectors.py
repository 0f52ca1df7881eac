"""Detectors: what a personal or secret value looks like, as an ordered table of patterns.

In: cleaned, decoded text. Out: the text with every find replaced by `[kind]`.
Order is meaning: a jwt holds things that look like tokens, an e-mail may hold digits that look like a phone.
Every pattern is linear or bounded on hostile input, and stands behind a cheap gate (a character it cannot do without),
so that an ordinary path segment costs a few substring tests.
`CERTAIN` are redacted everywhere; `LIKELY` are guesses that a site's `keep` rule may overrule.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import NamedTuple

from collector.distill.scrub.numbers import hide_cards, hide_ibans, hide_ids, hide_phones
from collector.distill.scrub.tokens import hide_tokens


class Detector(NamedTuple):
    """One kind of find. `gate` is a character or substring without which there is nothing to find; `0` is any digit."""

    kind: str
    gate: str
    hide: Callable[[str], str]


def _swap(kind: str, pattern: str, flags: int = 0) -> Callable[[str], str]:
    compiled = re.compile(pattern, flags)
    return lambda value: compiled.sub(f"[{kind}]", value)


# Prefixes that vendors give their keys so that scanners can find them: Stripe, GitHub, AWS, Slack, Google, GitLab.
VENDOR_KEYS = (
    r"\b[spr]k_(?:live|test)_[A-Za-z0-9]{8,}|\bgh[opsur]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}"
    r"|\bA(?:KI|SI)A[0-9A-Z]{12,}|\bxox[abeprs]-[\w-]{10,}|\bAIza[\w-]{20,}|\bglpat-[\w-]{10,}"
)
VENDOR_HINT = re.compile(r"[spr]k_|gh[opsur]_|github_pat_|A[KS]IA|xox|AIza|glpat-")
EMAIL_AT = re.compile(r"[@＠﹫](?:[\w-]{1,63}+\.){1,8}[^\W\d_]{2,}")
EMAIL_STOPS = frozenset(" \u3000/@＠﹫<>\"'(),;:?&=[]")
EMAIL_LOCAL = 64
"""Characters of the part before the `@` (RFC 5321, 4.5.3.1.1)."""
UUID = r"(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])"
MAC = r"(?<![0-9a-z:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-z:-])"
GEO = r"@?-?\d{1,3}\.\d{3,20}\s?,\s?-?\d{1,3}\.\d{3,20}(?:,\d{1,2}(?:\.\d+)?z)?"
IPV4 = r"(?<!\d)(?<!\d\.)(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\d|\.\d)"
IPV6_RUN = re.compile(r"[0-9A-Fa-f:.]{4,}")


def hide_secrets(value: str) -> str:
    return _SECRET(value) if VENDOR_HINT.search(value) else value


def hide_emails(value: str) -> str:
    """Replace e-mail addresses of any script: find the `@` and its domain, then walk back to where the name begins."""
    kept, done = [], 0
    for found in EMAIL_AT.finditer(value):
        start = found.start()
        floor = max(done, start - EMAIL_LOCAL)
        while start > floor and value[start - 1] not in EMAIL_STOPS:
            start -= 1
        if start < found.start():
            kept += [value[done:start], "[email]"]
            done = found.end()
    return "".join(kept) + value[done:]


def hide_ipv6(value: str) -> str:
    """Replace IPv6 addresses: runs of their characters that `ipaddress` takes for one. `::1` names nobody."""
    return IPV6_RUN.sub(_ipv6, value) if value.count(":") > 1 else value


def _ipv6(found: re.Match[str]) -> str:
    run = found[0]
    if run.count(":") < 2:
        return run
    bare = run.strip(".")
    for address in (bare, bare.rstrip(":"), bare.lstrip(":"), bare.strip(":")):
        if 4 <= len(address) <= 45 and _is_ipv6(address):
            start = found.start() + run.index(address)
            return run if _is_code(found.string, start, address) else run.replace(address, "[ip]")
    return run


def _is_ipv6(address: str) -> bool:
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True


def _is_code(text: str, start: int, address: str) -> bool:
    """Tell `std::cache` (whose middle is a valid address) from an address that merely touches a letter."""
    before, after = text[max(start - 1, 0) : start], text[start + len(address) : start + len(address) + 1]
    return (before.isalnum() or after.isalnum()) and len(address) < 12


_SECRET = _swap("secret", VENDOR_KEYS)

CERTAIN: tuple[Detector, ...] = (
    Detector("jwt", "eyJ", _swap("jwt", r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?")),
    Detector("secret", "", hide_secrets),
    Detector("email", "@", hide_emails),
    Detector("email", "＠", hide_emails),
    Detector("email", "﹫", hide_emails),
    Detector("uuid", "-", _swap("uuid", UUID, re.IGNORECASE)),
    Detector("mac", "", _swap("mac", MAC, re.IGNORECASE)),
    Detector("geo", ",", _swap("geo", GEO)),
    Detector("ssn", "-", _swap("ssn", r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")),
    Detector("ip", ":", hide_ipv6),
    Detector("ip", ".", _swap("ip", IPV4)),
    Detector("iban", "0", hide_ibans),
    Detector("card", "0", hide_cards),
    Detector("phone", "0", hide_phones),
)
LIKELY: tuple[Detector, ...] = (Detector("token", "", hide_tokens), Detector("id", "0", hide_ids))

_DIGIT = re.compile(r"\d")


def hide(value: str, detectors: tuple[Detector, ...]) -> str:
    """Run the detectors over a value, in order, each only where its gate says that it could find something."""
    digits = _DIGIT.search(value) is not None
    for _, gate, replace in detectors:
        if digits if gate == "0" else gate in value:
            value = replace(value)
    return value
