"""Pages: which entries of a log are page views, and what the others are.

In: an entry, the site, our clock. Out: nothing for a page view, else the kind of what it is, for the summary. A log has
every request; a tag would have told of few of them. So: GET, answered with a page, by a browser that shows it to
somebody. Robots, spam and excluded pages are not sorted out here: the bridge knows them, and counts them as refused.
"""

from __future__ import annotations

import re
from importlib.resources import files
from urllib.parse import unquote

from collector.distill.host import owns
from collector.serverside.row import AHEAD_MS, is_too_old
from footfall.importing.entry import Entry
from registry.site import Site

NOT_READABLE = "not a request"
HEAD = "HEAD requests"
METHOD = "other methods"
STATUS = "redirects and errors"
FILE = "files that are no pages"
FRAGMENT = "fragments asked for by scripts"
MACHINE = "doors for machines"
NOBODY = "clients that name no browser"
ELSEWHERE = "pages of other hosts"
FUTURE = "times in the future"
OLD = "older than the site keeps"

_FILES = frozenset((files("footfall.importing") / "files.txt").read_text(encoding="utf-8").split())
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,11})$")
_MACHINES = re.compile(
    r"/(?:\.well-known|\.git|\.env|wp-json|wp-admin|wp-includes|cgi-bin|api|graphql|_next/data|socket\.io|healthz?|metrics)"
    r"(?:$|/)|/(?:xmlrpc|wp-cron|wp-login)\.php"
)
_FRAGMENT = re.compile(r"(?:^|&)(?:_pjax|_rsc|_data|_fragment|turbo_frame|ajax|partial|doing_wp_cron)(?:=|&|$)")


def kind_of(entry: Entry, site: Site, now_ms: int) -> str:
    """Name what an entry is when it is no page view."""
    path, _, query = entry.target.partition("?")
    kind = _by_answer(entry) or _by_place(path, query, entry)
    if kind:
        return kind
    if entry.agent == "":
        return NOBODY
    if entry.host and not owns(site, entry.host):
        return ELSEWHERE
    if entry.at_ms > now_ms + AHEAD_MS:
        return FUTURE
    return OLD if is_too_old(entry.at_ms, site, now_ms) else ""


def _by_answer(entry: Entry) -> str:
    if not entry.method or not entry.target:
        return NOT_READABLE
    if entry.method != "GET":
        return HEAD if entry.method == "HEAD" else METHOD
    return "" if 200 <= entry.status < 300 or entry.status == 304 else STATUS


def _by_place(path: str, query: str, entry: Entry) -> str:
    if entry.is_fragment or _FRAGMENT.search(query):
        return FRAGMENT
    if entry.content_type and "html" not in entry.content_type:
        return FILE
    found = _EXTENSION.search(unquote(path.rpartition("/")[2]))
    if found and found[1].lower() in _FILES:
        return FILE
    return MACHINE if _MACHINES.match(path) else ""
