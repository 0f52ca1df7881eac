"""Who may cause a change: only our own pages, told by what the browser itself says of a request.

In: method and headers. Out: yes or no. `Sec-Fetch-Site` decides where a browser sends it; else `Origin` must be ours.
Neither header: not a browser that could be tricked into it (every browser names the origin of a POST), so it passes
and must sign in like anyone. Nothing is kept, nothing is put into forms, so pages hold no secret a compressor could
leak.
"""

from __future__ import annotations

from collections.abc import Mapping

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def may_change(method: str, headers: Mapping[str, str], origin: str) -> bool:
    """Say whether a request comes from our own pages. `origin`: ours, as `https://example.com`."""
    if method in SAFE_METHODS:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        # "none" is the person at the address bar: a reload of a form's answer.
        return site in ("same-origin", "none")
    return headers.get("origin", origin) == origin
