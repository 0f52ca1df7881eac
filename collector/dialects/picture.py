"""The picture for pages without JavaScript: `GET /p.gif`, in which the request itself says everything.

In: the `Referer` header, which is the page. Out: one Arrival of a page view. Nothing else is read: no query string, so
nothing can ride along in the address of the picture, and nobody can be told apart by it. Whether a site counts its
pictures, and that they never have a number, is consent.py's to say.
"""

from __future__ import annotations

from clickhouse.rows import PAGEVIEW
from collector.dialects.foreign import Asked, Part, arrive


def parse(asked: Asked) -> list[Part]:
    """Read the page that shows the picture. Never raises; without a page it is for no site of ours."""
    return [arrive(asked, name=PAGEVIEW, url=asked.referer, transport="pixel")]
