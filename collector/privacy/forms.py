"""Forms: what a visitor's form says, and the proof that he pressed it himself on our page.

In: a request. Out: its fields, and yes or no. Proof is asked only where a forgery could harm: allowing again, consent,
erasing, seeing. It is the signed token of token.py and the browser's own word that the form came from this origin.
Declining needs neither. Nothing of a form is logged or kept here.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.requests import Request

from collector.privacy.token import is_good
from collector.sender import Head

MAX_FORM_BYTES = 4096
MAX_FIELDS = 8

Form = Mapping[str, str]


async def read_form(request: Request, max_bytes: int = MAX_FORM_BYTES) -> Form:
    """Read a small form; one that is too long or not a form is empty."""
    body = await read_small(request, max_bytes) or b""
    try:
        return {key: values[0] for key, values in parse_qs(body.decode("utf-8"), max_num_fields=MAX_FIELDS).items()}
    except ValueError:
        return {}


async def read_small(request: Request, max_bytes: int) -> bytes | None:
    """Read a body; None for one that is longer, of which no more is kept."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            return None
    return body


def was_pressed_here(head: Head, form: Form, secret: bytes, now: float) -> bool:
    """Say whether this form was sent by our own page within the last hour."""
    return is_same_origin(head) and is_good(form.get("token", ""), secret, int(now))


def is_same_origin(head: Head) -> bool:
    """Say whether a page of this very origin sent the form; a browser that says nothing at all is not believed."""
    site = head.get(b"sec-fetch-site", b"")
    if site:
        return site == b"same-origin"
    origin = head.get(b"origin", b"").decode("latin-1")
    return origin.partition("://")[2] == head.get(b"host", b"").decode("latin-1") != ""
