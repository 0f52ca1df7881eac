"""Values of a query as error messages quote them: Plausible prints JSON the way Elixir does.

In: a decoded JSON value. Out: text: `nil`, `["a", 1]`, `%{"key" => true}`. Strings are quoted with backslashes;
anything long is cut, so that an answer never grows with what was sent. It prints and knows nothing else.
"""

from __future__ import annotations

import re

LONGEST = 400
DEEPEST = 20
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}


def quoted(value: object) -> str:
    """Print a value for an error message, cut to `LONGEST` characters."""
    text = printed(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def printed(value: object, depth: int = 0) -> str:
    if depth > DEEPEST:
        return "..."
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted_string(value)
    if isinstance(value, list):
        return f"[{', '.join(printed(item, depth + 1) for item in value)}]"
    if isinstance(value, dict):
        return "%{" + ", ".join(f"{printed(key)} => {printed(value[key], depth + 1)}" for key in sorted(value)) + "}"
    return str(value)


def quoted_string(text: str) -> str:
    return '"' + re.sub(r'["\\\\\x00-\x1f]', lambda found: ESCAPES.get(found[0], f"\\x{ord(found[0]):02X}"), text) + '"'
