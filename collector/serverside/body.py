"""Body: one request's bytes, cut into rows that are still undecoded.

In: a JSON array, a single object, or one object a line (NDJSON). Out: the rows in order, each to be decoded on its
own, so that one bad line costs itself alone; or a `Problem` when there are none, or too many. Nothing here knows a
field.
"""

from __future__ import annotations

import msgspec

from collector.dialects.plausible import Errors

MAX_BYTES = 10_000_000
MAX_ROWS = 50_000
"""As many as 10 MB of ordinary rows; all of them must fit into one commit of the spool."""
NDJSON = "application/x-ndjson"
TYPES = ("application/json", NDJSON)

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def rows_of(body: bytes, content_type: str) -> list[bytes | msgspec.Raw] | Errors:
    """Cut a body into rows, or say why it cannot be."""
    rows: list[bytes | msgspec.Raw]
    if content_type == NDJSON:
        rows = [line for line in body.split(b"\n") if line.strip()]
    elif body.lstrip()[:1] == b"[":
        try:
            rows = [*_ARRAY.decode(body)]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {"request": ["Unable to parse request body as json"]}
    else:
        rows = [body]
    if not 0 < len(rows) <= MAX_ROWS:
        return {"request": [f"should have 1 to {MAX_ROWS} event(s)"]}
    return rows
