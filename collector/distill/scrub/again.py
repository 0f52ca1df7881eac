"""Again: scrub what was scrubbed before, by the rules of today, so that a better rule protects old rows too.

In: a column or dimension, a stored text, the site. Out: the text as it would be kept now; mostly the same one. For
whoever reads labels (dashboard, API, files) and for `footfall rescrub`, which rewrites the rows themselves.
Invariants: scrubbing again changes nothing more; a text that has no place for personal values comes back as it is.
`exclude` says nothing here: it is about counting. What was taken out cannot come back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from clickhouse.rows import ENGAGEMENT, PAGEVIEW
from collector.distill.scrub.path import tidy
from collector.distill.scrub.props import key_of, scrub_props
from collector.distill.scrub.text import scrub
from collector.distill.scrub.words import DENIED_NAME
from registry.site import Site

PATHS = frozenset({"path", "page", "entry", "exit"})
TAGS = ("source", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
HOSTS = ("hostname", "entry_hostname", "exit_hostname")
TEXTS = {"name": 120, "feature": 120, "title": 300} | dict.fromkeys(TAGS, 100) | dict.fromkeys(HOSTS, 253)
"""Columns and dimensions of free text, with the most characters that are kept of each."""
PROPERTY = "prop:"
REDACTED = "[redacted]"
REMEMBERED = 32_768
LONGEST_KEY = 256
_ESCAPES = str.maketrans({"%": "%25", "&": "%26", "=": "%3D"})

Again = Callable[[Site, str, str], str]


def scrub_again(site: Site, column: str, text: str) -> str:
    """Return a stored text of a column (or a label of a dimension) as it would be kept now."""
    if not text or text.startswith("(") or text in (PAGEVIEW, ENGAGEMENT):
        return text
    if column in PATHS:
        return tidy(text, (), site.redact, site.keep) or text
    if column in TEXTS:
        return scrub(text, TEXTS[column])
    if column == "referrer":
        return _referrer(text)
    if column == "query":
        return _query(text)
    return _value(site, column.removeprefix(PROPERTY), text) if column.startswith(PROPERTY) else text


def key_again(key: str) -> str:
    """Return the name of a property as it would be kept now."""
    return key_of(key).name


def remembering() -> Again:
    """Return `scrub_again` with a bounded memory: an answer asks for the same labels again and again."""
    known = lru_cache(maxsize=REMEMBERED)(_by_rules)

    def again(site: Site, column: str, text: str) -> str:
        if len(text) > LONGEST_KEY:
            return scrub_again(site, column, text)
        return known(site.redact, site.keep, site.redact_props, column, text)

    return again


def _by_rules(
    redact: tuple[str, ...], keep: tuple[str, ...], redact_props: tuple[str, ...], column: str, text: str
) -> str:
    return scrub_again(Site(id=0, host="", redact=redact, keep=keep, redact_props=redact_props), column, text)


def _value(site: Site, key: str, text: str) -> str:
    return REDACTED if key in site.redact_props else scrub_props({key: text}).get(key_of(key).name, REDACTED)


def _referrer(text: str) -> str:
    """Scrub host and path of a referrer, each as what it is."""
    scheme, between, rest = text.rpartition("://")
    host, slash, path = rest.partition("/")
    clear = scrub(host, 253)
    return scheme + between + clear + ((tidy(slash + path, (), (), ()) or "").rstrip("/") if slash else "")


def _query(text: str) -> str:
    pairs = (pair.partition("=") for pair in text.split("&"))
    return "&".join(f"{name}={_pair(name, value)}" for name, _, value in pairs)


def _pair(name: str, value: str) -> str:
    plain = value.replace("%26", "&").replace("%3D", "=").replace("%25", "%")
    return (REDACTED if DENIED_NAME.fullmatch(name) else scrub(plain, 100)).translate(_ESCAPES)
