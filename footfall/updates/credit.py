"""Credit: whom the geography file in use asks to be named, for pages that another process than the collector's shows.

In: settings. Out: a question that the dashboard asks for each page: text and link, or nothing. It follows the file, as
the bridge does; a file that cannot be read is the bridge's to complain about.
"""

from __future__ import annotations

from collections.abc import Callable

from collector.distill.followed import FAULTS
from collector.distill.geo import Credit, GeoFile
from collector.distill.tools import GEO_FILE
from collector.settings import Settings


def credit_in(settings: Settings) -> Callable[[], Credit | None]:
    """Return the question for the file these settings use."""
    try:
        file = GeoFile(settings.geo or settings.data / GEO_FILE, may_be_absent=True)
    except FAULTS:
        return lambda: None

    def credit() -> Credit | None:
        file.refresh()
        return file.credit()

    return credit
