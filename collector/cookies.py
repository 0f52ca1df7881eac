"""The visitor's cookies: their names, and the only place that writes one.

In: a choice. Out: a `Set-Cookie` value. Every cookie is host-only (no `Domain`), `Path=/`, `SameSite=Lax` and `Secure`,
except that plain http on loopback drops `Secure`, since a browser would not keep it there. The opt-out has the same
value for everyone and can be read by the snippet: it identifies nobody and saves a request.
"""

from __future__ import annotations

from collector.sender import OPTOUT_COOKIE, Head, host_of

OPTOUT_SECONDS = 34_560_000
"""400 days, the longest that Chrome keeps any cookie; renewed whenever the snippet or the privacy page is fetched."""
OUT, IN_AGAIN = "1", "0"
"""`0` stays for as long: a page's storage may still say no, and a missing cookie could not overrule it."""


def choice_cookie(value: str, *, secure: bool) -> str:
    """Return the `Set-Cookie` that keeps a visitor's choice."""
    mark = "; Secure" if secure else ""
    return f"{OPTOUT_COOKIE}={value}; Max-Age={OPTOUT_SECONDS}; Path=/; SameSite=Lax{mark}"


def wants_secure(head: Head, base_url: str) -> bool:
    """Say whether cookies carry `Secure`: always, but for plain http on loopback."""
    host = host_of(head.get(b"host", b"").decode("latin-1"))
    is_loopback = host == "localhost" or host.endswith(".localhost") or host == "::1" or host.startswith("127.")
    return base_url.startswith("https:") or not is_loopback
