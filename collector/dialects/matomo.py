"""Matomo's dialect: `GET` or `POST /matomo.php` (once `piwik.php`), one request as parameters or many as JSON.

In: the query string, and a body that continues it or holds `{"requests": ["?…", …]}`. Out: for each request an Arrival,
nothing (a plugin's figures, which are no page view either), or why it cannot be read.
The order of `_KINDS` is Matomo's: what is no heartbeat, event, search, link, conversion or content is a page view.
`_id`, `uid`, `cid`, `cip`, `cdt`, `token_auth`, `ua`, `lang`, `country`, the clock and the screen are never looked at,
and neither is `cookie`: it is 0 on every site that runs Matomo without cookies, so it says nothing of the visitor.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from clickhouse.rows import ENGAGEMENT, PAGEVIEW
from collector.dialects.foreign import (
    MAX_EVENTS,
    NO_CURRENCY,
    Asked,
    Malformed,
    Part,
    arrive,
    located,
    origin_of,
    pairs,
)
from collector.dialects.hygiene import decimal, number, whole

HEARTBEAT_MS = 15_000
"""`ping=1` does not say how long; the tracker sends it after 15 s of focus (its default), so at least that."""
DOWNLOAD, OUTBOUND, SEARCH = "File Download", "Outbound Link: Click", "Site Search"
ORDER, CART = "Ecommerce Order", "Cart Update"
IMPRESSION, INTERACTION = "Content Impression", "Content Interaction"

_CAMPAIGN = re.compile(r"([?&#])(?:mtm|matomo|pk|piwik)_(source|medium|campaign|content|kwd|keyword)=", re.IGNORECASE)
_TERM = {"kwd": "term", "keyword": "term"}
_QUERY = re.compile(r"[?#]")
_DIMENSION = re.compile(r"dimension\d{1,3}")
_UNREADABLE = Malformed("The bulk request is no JSON of the expected form.")


class Said(msgspec.Struct):
    """What is read of one request's parameters, `dimension1` and so on besides."""

    idsite: str = ""
    url: str = ""
    urlref: str = ""
    action_name: str = ""
    e_c: str = ""
    e_a: str = ""
    e_n: str = ""
    e_v: str = ""
    search: str = ""
    search_cat: str = ""
    search_count: str = ""
    download: str = ""
    link: str = ""
    idgoal: str = ""
    revenue: str = ""
    ec_id: str = ""
    c_n: str = ""
    c_p: str = ""
    c_t: str = ""
    c_i: str = ""
    ping: str = ""
    ca: str = ""
    rand: str = ""
    r: str = ""
    send_image: str = ""


class Bulk(msgspec.Struct):
    """Many requests, as sent."""

    requests: list[Any]
    send_image: Any = None


Told = dict[str, Any]
"""What a kind of request tells an Arrival; an empty one: there is nothing to count."""

_BULK = msgspec.json.Decoder(Bulk)


def parse(asked: Asked) -> list[Part] | Malformed:
    """Read one request or many. Never raises, whatever the bytes."""
    if not is_bulk(asked):
        return [_read(_parameters(asked), asked)]
    bulk = _bulk(asked.body)
    if bulk is None:
        return _UNREADABLE
    if not 0 < len(bulk.requests) <= MAX_EVENTS:
        return Malformed(f"a bulk request holds 1 to {MAX_EVENTS} requests")
    return [_read(_one(request), asked) for request in bulk.requests]


def is_bulk(asked: Asked) -> bool:
    """Tell by the body alone: the tracker sends JSON under the content type of a form."""
    return asked.body.lstrip()[:1] == b"{"


def wants_no_picture(asked: Asked) -> bool:
    """Tell whether an empty answer is asked for (`send_image=0`)."""
    if not is_bulk(asked):
        return _parameters(asked).get("send_image") == "0"
    bulk = _bulk(asked.body)
    return bulk is not None and bulk.send_image in ("0", 0)


def _bulk(body: bytes) -> Bulk | None:
    try:
        return _BULK.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _parameters(asked: Asked) -> dict[str, str]:
    """Read the query and a form's body; where both say it, the query does."""
    return pairs(asked.body) | pairs(asked.query)


def _one(request: Any) -> dict[str, str]:
    """Read one of a bulk: a query string, mostly, or an object."""
    if isinstance(request, str):
        return pairs(request)
    if not isinstance(request, dict):
        return {}
    return {key: str(value) for key, value in request.items() if isinstance(value, str | int | float)}


def _read(parameters: dict[str, str], asked: Asked) -> Part:
    if not parameters:
        return Malformed("there are no parameters")
    said = msgspec.convert(parameters, Said)
    told = next(told for told in (kind(said) for kind in _KINDS) if told is not None)
    if not told:
        return None
    dimensions = {name: value for name, value in parameters.items() if _DIMENSION.fullmatch(name)}
    return arrive(
        asked,
        url=_page(said, asked),
        alias=said.idsite,
        referrer=said.urlref,
        title=said.action_name,
        transport="pixel" if asked.is_picture and not (said.rand or said.r) else "js",
        **{**told, "props": told.get("props", {}) | dimensions},
    )


def _page(said: Said, asked: Asked) -> str:
    """Return the page's URL, with Matomo's words for a campaign in the common ones."""
    url = located(said.url, origin_of(asked.page)) if said.url else asked.page or "/"
    return _CAMPAIGN.sub(lambda found: f"{found[1]}utm_{_TERM.get(found[2].lower(), found[2].lower())}=", url)


def _heartbeat(said: Said) -> Told | None:
    return {"name": ENGAGEMENT, "engaged_ms": HEARTBEAT_MS} if said.ping == "1" else None


def _event(said: Said) -> Told | None:
    """The action names the feature; the category is a property, since one action may be in several.

    Matomo's "name" becomes `label`: a property called `name` is taken for a person's, and redacted.
    """
    if not (said.e_c.strip() and said.e_a.strip()):
        return None
    return {"name": said.e_a, "props": {"category": said.e_c, "label": said.e_n, "value": number(said.e_v)}}


def _search(said: Said) -> Told | None:
    """Matomo's tracker sends a search instead of the page view of its results."""
    if not said.search:
        return None
    return {
        "name": SEARCH,
        "props": {"term": said.search, "category": said.search_cat, "results": whole(said.search_count)},
    }


def _link(said: Said) -> Told | None:
    target, name = (said.download, DOWNLOAD) if said.download else (said.link, OUTBOUND)
    return {"name": name, "props": {"url": _QUERY.split(target, maxsplit=1)[0]}} if target else None


def _conversion(said: Said) -> Told | None:
    """Goal 0 is the shop: an order when it has a number (which is not read), else a cart."""
    if not said.idgoal:
        return None
    if said.idgoal == "0" and not said.ec_id:
        return {"name": CART}
    name = ORDER if said.idgoal == "0" else f"Goal {said.idgoal}"
    return {"name": name, "amount": decimal(said.revenue), "currency": NO_CURRENCY}


def _content(said: Said) -> Told | None:
    if not said.c_n:
        return None
    props = {"content": said.c_n, "piece": said.c_p, "target": _QUERY.split(said.c_t, maxsplit=1)[0]}
    if said.c_i:
        return {"name": INTERACTION, "props": {**props, "interaction": said.c_i}}
    return {"name": IMPRESSION, "props": props, "interactive": False}


def _page_view(said: Said) -> Told:
    """`ca=1` marks a plugin's request: a form, a film, loading times. It must not become a page view."""
    return {} if said.ca == "1" else {"name": PAGEVIEW}


_KINDS: tuple[Callable[[Said], Told | None], ...] = (
    _heartbeat,
    _event,
    _search,
    _link,
    _conversion,
    _content,
    _page_view,
)
