"""Changes: the days of a site whose stored rows were rewritten after they were over.

In: a site and its days, from whoever erased, repaired or rescrubbed them. Out: the same, later, for whoever keeps
answers about closed days (ask/). Written after the rows themselves, so that an answer made in between is dropped too.
It holds no number of a visitor.
"""

from __future__ import annotations

from datetime import date

from clickhouse.client import Store

NOTE = "insert into changes{shard} (site_id, since, until) values ({{site_id:UInt32}}, {{since:Date}}, {{until:Date}})"


def note_change(store: Store, site_id: int, since: date, until: date) -> None:
    """Say that stored rows of the days `[since, until)` (of the site's own calendar) are not what they were."""
    shard = "_shard" if store.cluster else ""
    store.writer.command(NOTE.format(shard=shard), {"site_id": site_id, "since": since, "until": until})
