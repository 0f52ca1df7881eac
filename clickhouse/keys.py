"""Keys: which properties the events of sites have had lately.

In: a Store, numbers of sites, a moment. Out: keys by site, as they were kept (scrubbed), at most 250 each. It tells no
value and counts nobody, so no guard stands here. Values are for ask/.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.resources import files

from clickhouse.client import Store

OF_THE_TAG = ("Web Vitals", "Outbound Link: Click", "File Download", "Form: Submission", "404")
"""Events that the tag makes by itself: what they tell is known, and nobody has to be asked about it."""
PROPERTY_KEYS = (files("clickhouse") / "questions" / "property_keys.sql").read_text(encoding="utf-8")


def property_keys(store: Store, site_ids: Collection[int], since_ms: int) -> Mapping[int, list[str]]:
    """Return the keys of each site that has any."""
    binds = {"sites": sorted(site_ids), "known": list(OF_THE_TAG), "since": since_ms}
    return {site: sorted(keys) for site, keys in store.query(PROPERTY_KEYS, binds, name="property_keys")}
