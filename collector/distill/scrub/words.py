"""Words: the vocabulary of paths and names behind which personal values stand.

Sets of lower-case words and one pattern; no code. Taken from common routes of web frameworks and shops; a site adds its
own by `redact` and frees its own by `keep`.
A word is here when the segment or value after it more often names a person, a secret or a record than a page.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PEOPLE = _words("""
    u user users account accounts customer customers client clients member members patient patients person people
    profile profiles employee employees student students
""")
PEOPLE_PAGES = _words("""
    login logout signin signup sign-in sign-up register new edit settings me list search password forgot billing help
    about security delete export import all reset verify
""")
"""Pages that stand where a person's name stands."""

SECRETS = _words("""
    reset reset-password password-reset verify verification confirm activate activation invite invites invitation
    unsubscribe token magic magic-link share shared callback auth oauth download-link
""")
RECORDS = _words("""
    order orders invoice invoices ticket tickets case cases booking bookings cart basket payment payments claim claims
""")

DENIED_NAME = re.compile(
    r".*(?:e[-_]?mail|phone|mobile|passw|passwd|token|secret|auth|api[-_]?key|session|ssn|iban|cvv|cvc|card[-_]?n|dob"
    r"|birth|postcode|zip[-_]?code|street|passport|licen[cs]e[-_]?n).*"
    r"|tel|zip|address|addr|name|first[-_]?name|last[-_]?name|full[-_]?name|surname|user[-_]?name|customer[-_]?name"
    r"|login|ip|ip[-_]?addr(?:ess)?|lat|lon|lng|latitude|longitude|gps",
    re.IGNORECASE,
)
"""Names of query parameters and properties whose value is never kept, whatever it looks like."""

SESSION_NAME = re.compile(r"phpsessid|jsessionid|aspsessionid\w*|session_?id|sid|cfid|cftoken", re.IGNORECASE)
"""Query parameters that are dropped even where a site asks to keep them."""
