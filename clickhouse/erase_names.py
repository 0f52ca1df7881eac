"""Erase names: a removed site's host leaves the counts of refusals, where it stands as the host that somebody named.

In: which names are meant. Out: how many names were found; none of them is in the table any more, with deletion marks
ignored. The count stays, under "(other)": other sites' books have to balance. Such a row is put in before the one with
the name goes, at the same place of the spool, so a crash in between is mended by calling again, and none counts twice.
It blocks until the table is rewritten (small, so seconds). Names stand beside the statement, never in it.
"""

from __future__ import annotations

from collections.abc import Callable

from clickhouse.ask.ledger import HOSTS
from clickhouse.client import Store
from clickhouse.erase import await_rewriting
from clickhouse.faults import StoreError
from clickhouse.staging import (
    REWRITTEN,
    clear_pairs,
    on_cluster_of,
    prepare_pairs,
    shard_of,
    stage_pairs,
)

NOBODY = "(other)"
NAMES = """
select distinct rule
from refusals
where reason in {reasons:Array(String)}
settings apply_deleted_mask = 0
"""
RENAME = """
insert into refusals (site_id, day, reason, rule, count, segment, seq)
select
    site_id,
    day,
    reason,
    {nobody:String},
    count,
    segment,
    seq
from refusals
where reason in {reasons:Array(String)}
    and rule in {names:Array(String)}
    and (segment, seq) global not in (
        select segment, seq
        from refusals
        where rule = {nobody:String}
    )
"""
DELETE = """
alter table refusals{shard} {on_cluster}
    apply deleted mask,
    delete where reason in {{reasons:Array(String)}}
        and rule in (select old from scrub_pairs{shard} where field = 'rule')
settings mutations_sync = 0, allow_nondeterministic_mutations = 1
"""


def erase_names(store: Store, is_meant: Callable[[str], bool]) -> int:
    """Take these names out of all counts of refusals. Raises StoreError when one is left."""
    names = _names(store, is_meant)
    if not names:
        return 0
    shard = shard_of(store)
    # What somebody else has staged must stay until it is done.
    await_rewriting(store, [table + shard for table in (*REWRITTEN, "refusals")])
    prepare_pairs(store)
    stage_pairs(store, [("rule", name, NOBODY) for name in names])
    store.writer.command(RENAME, {"reasons": sorted(HOSTS), "names": names, "nobody": NOBODY})
    store.writer.command(DELETE.format(shard=shard, on_cluster=on_cluster_of(store)), {"reasons": sorted(HOSTS)})
    await_rewriting(store, ["refusals" + shard])
    clear_pairs(store)
    if _names(store, is_meant):
        raise StoreError("the host is still in counts of refusals: is something still inserting them?")
    return len(names)


def _names(store: Store, is_meant: Callable[[str], bool]) -> list[str]:
    return sorted(name for (name,) in store.writer.query(NAMES, {"reasons": sorted(HOSTS)}) if name and is_meant(name))
