"""Letters: what is written to somebody who asked something of a site, in the languages of the visitor's pages.

In: a request, its site, which letter, a language, the day. Out: plain text to be copied or sent. Every figure comes
from the request and from the site's live settings, so a letter cannot promise what is not kept. The visitor is not
named in it; who answers for the site is, where the settings tell. Nothing is sent from here. The texts are in
data/letters; none of it is legal advice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, get_args

from registry.errors import NotAllowed
from registry.requests import Request
from registry.site import Site

Letter = Literal["acknowledge", "extend", "done", "refuse"]
LETTERS: tuple[Letter, ...] = get_args(Letter)
LANGUAGES = ("en", "de", "fr", "es", "nl")


def letter_of(request: Request, site: Site, letter: str, language: str, today: date, *, reason: str = "") -> str:
    """Write a letter; raise `NotAllowed` for one that is none, or that needs a reason the request does not have."""
    if letter not in LETTERS:
        raise NotAllowed(f"a letter is one of {', '.join(LETTERS)}")
    if language not in LANGUAGES:
        raise NotAllowed(f"letters are written in {', '.join(LANGUAGES)}")
    told = reason.strip() or request.reason
    if letter == "extend" and not (request.extended_to and told):
        raise NotAllowed("extend the request first, with a reason: the letter says both")
    texts = _texts(language)
    values = {
        "site": site.host,
        "today": today.isoformat(),
        "ref": request.ref,
        "kind": texts["kinds"][request.kind],
        "received": request.received_at.date().isoformat(),
        "due": request.answer_by.date().isoformat(),
        "days": str(site.retention_days),
        "page": "/privacy",
        "reason": told,
    }
    values["reason_line"] = texts["reason_line"].format_map(values) if letter == "refuse" and told else ""
    # What is complained about is no record of anybody, so that none can be told apart is no answer to it.
    name = "refuse_complaint" if (letter, request.kind) == ("refuse", "complaint") else letter
    body = texts[name].strip().format_map(values)
    signature = "\n".join(_signature(site, texts))
    return str(texts["frame"].strip().format_map({**values, "body": body, "signature": signature})) + "\n"


def _signature(site: Site, texts: dict[str, Any]) -> Iterator[str]:
    """Say who answers for the site and how to reach them, as far as its settings tell."""
    yield site.controller or texts["people"].format(site=site.host)
    if site.contact:
        yield site.contact
    if site.dpo:
        yield texts["dpo"].format(dpo=site.dpo)
    if site.authority:
        yield texts["authority"].format(authority=site.authority)


@lru_cache(len(LANGUAGES))
def _texts(language: str) -> dict[str, Any]:
    text = (files("registry") / "data" / "letters" / f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
