-- events_isolated: events that must not be used and must not be lost: a visitor had them restricted, or a hold keeps them.
--
-- No question reads this table, so what lies here counts nowhere. Rows are moved, never copied for good: a row is here or in
-- events (isolate.py, amend.py). Exporting or removing a site finds them by site_id, as in every table.
-- order by   As events: they are looked for in the same ways.
-- partition  By month: retention drops whole months here too, unless a hold says otherwise.
-- codecs     Those of events, column by column. A later column of events has to be added here in the same file.
-- hold_id    The hold that keeps the row; 0: the visitor wanted it restricted.
-- wish       What its visitor wanted when a hold forbade it: 0 nothing, 1 that it is not used, 2 that it is erased. Heeded when
--            the hold ends.
create table if not exists events_isolated$shard $on_cluster as events$shard
engine = ${replicated}MergeTree
partition by toYYYYMM(ts)
order by (site_id, is_loose, toDate(ts), visit_id)
settings fsync_after_insert = 1, fsync_part_directory = 1;

alter table events_isolated$shard $on_cluster
    add column if not exists hold_id UInt32 codec(ZSTD(1)),
    add column if not exists isolated_at DateTime('UTC') default now() codec(ZSTD(1)),
    add column if not exists wish UInt8 codec(ZSTD(1))
