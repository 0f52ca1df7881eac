"""The host of a site, from what people type: lower case, ASCII (IDNA), no `www.`, no scheme, port or path.

In: text from a command line, a form, a settings value. Out: the canonical host, or `NotAllowed` with a sentence that
shows what to type instead. A browser sends hosts in their ASCII form, so that form is kept and compared.
Labels are encoded as browsers do it (UTS 46, non-transitional: `ß` stays a letter of its own, unlike in Python's `idna`
codec). It does not ask whether the host exists.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata

from registry.errors import NotAllowed

MAX_HOST = 253
"""Characters of a host name in text form (RFC 1035, 2.3.4)."""

AUDIT_HOST = re.compile(r"(self-audit|audit-[0-9a-f]{8})\.invalid")
"""Hosts of the self-audit's own sites: `.invalid` is nobody's (RFC 2606), so what names one is no stray of anybody."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_DOTS = str.maketrans("。．｡", "...")
"""Full stops of other scripts that browsers read as a dot."""


def site_host(text: str) -> str:
    """Return the canonical host of a site: as `ascii_host`, without a leading `www.`."""
    return without_www(ascii_host(text))


def without_www(host: str) -> str:
    """Return `host` without a leading `www.`, unless nothing but a top-level name would be left."""
    rest = host.removeprefix("www.")
    return rest if "." in rest else host


def ascii_host(text: str) -> str:
    """Return `text` as a browser would send it, or raise `NotAllowed`."""
    given = text.strip()
    typed = _bare(given)
    labels = [_ascii_label(label) for label in typed.translate(_DOTS).removesuffix(".").split(".")]
    host = ".".join(labels)
    if len(host) > MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise NotAllowed(f"{text!r} is not a host; a host looks like example.com or shop.example.com")
    if labels[-1].isdigit() and not _is_ipv4(host):
        raise NotAllowed(f"{text!r} is neither a host nor a full IPv4 address")
    if typed != given:
        raise NotAllowed(f"{given!r} is an address; the site is its host alone: {without_www(host)}")
    return host


def host_pattern(text: str) -> str:
    """Return a further host of a site: a host, or `*.` and a host for everything below it."""
    star, dot, rest = text.strip().partition("*.")
    if dot and not star:
        return "*." + ascii_host(rest)
    if "*" in text:
        raise NotAllowed(f"{text!r}: a star may only stand first, as in *.example.com")
    return ascii_host(text)


def _bare(text: str) -> str:
    """Strip what a pasted address has around its host: scheme, user, port, path."""
    rest = re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*:)?//", "", text)
    rest = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    return re.sub(r":\d*$", "", rest.rpartition("@")[2])


def _ascii_label(label: str) -> str:
    plain = unicodedata.normalize("NFKC", label).lower()
    if plain.isascii():
        return plain
    if not all(char.isalnum() or char == "-" or unicodedata.category(char).startswith("M") for char in plain):
        raise NotAllowed(f"{label!r} cannot be part of a host")
    return "xn--" + plain.encode("punycode").decode("ascii")


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
