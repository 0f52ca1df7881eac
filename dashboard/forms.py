"""Forms: the fields of a POST, read within limits.

In: a request with an urlencoded body. Out: its fields, the last of each name. A body that is longer, of another type
or not text is an error with a sentence; so is a form that does not say what to do. Files are never accepted: no page
sends any.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request

from dashboard.errors import BadQuestion, TooLong

LONGEST_BODY = 65_536
MOST_FIELDS = 100
FORM_TYPE = "application/x-www-form-urlencoded"

Act = TypeVar("Act")


async def read_body(request: Request, most: int = LONGEST_BODY) -> bytes:
    """Read a body of at most `most` bytes; raises TooLong before more is kept."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > most:
            raise TooLong(f"A request holds at most {most // 1024} KiB.")
        parts.append(part)
    return b"".join(parts)


async def read_form(request: Request) -> dict[str, str]:
    """Read an urlencoded form."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise BadQuestion("This page takes an ordinary form.")
    try:
        text = (await read_body(request)).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise BadQuestion("The form cannot be read.") from None
    if any("\x00" in value for _, value in pairs):
        raise BadQuestion("The form holds characters that are not text.")
    return dict(pairs)


def act_of(form: Mapping[str, str], acts: Mapping[str, Act]) -> Act:
    """Find what a form asks for by its field `do`. Raises BadQuestion."""
    act = acts.get(form.get("do", ""))
    if act is None:
        raise BadQuestion("This form does not say what to do.")
    return act


def number_of(text: str) -> int:
    """Read a number of ours; what is none names nothing: 0."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
