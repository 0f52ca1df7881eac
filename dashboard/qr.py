"""A picture of a text for a camera, as SVG: how an authenticator program learns a secret without anyone typing it.

In: a short text. Out: markup, without style or script. It is drawn here, in memory, and goes nowhere else.
"""

from __future__ import annotations

import segno

from dashboard.charts.svg import Markup


def picture_of(text: str) -> Markup:
    """Draw `text`; whoever shows it puts it on white."""
    return Markup(segno.make(text, error="m", micro=False).svg_inline(scale=5, border=2, title="QR code"))
