-- redactions: where personal values stood that were taken out before anything was kept: how often, of which kind.
--
-- place      A scrubbed path, or the name of a field: what the owner has to mend. Never the value.
-- order by   A question names a site and some days. Rows stay as they were inserted (no summing): each carries its place in
--            the spool, so that a batch repeated after a crash is recognised and never counted twice.
-- partition  By year: a few rows per site and day; the collector names so many places a day and no more.
-- codecs     The defaults do.
create table if not exists redactions$shard $on_cluster
(
    site_id UInt32,
    day     Date,
    kind    LowCardinality(String),
    place   String,
    count   UInt64,
    segment UInt64,
    seq     UInt32,
    index by_segment segment type set(256) granularity 1
)
engine = ${replicated}MergeTree
partition by toYear(day)
order by (site_id, day, kind)
settings fsync_after_insert = 1, fsync_part_directory = 1, $dedup_window = 1000
