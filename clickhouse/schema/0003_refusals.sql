-- refusals: how many arrivals of a site were not kept, for which reason, on which day. It holds nothing of the visitors.
--
-- order by   A question names a site and some days. Rows stay as they were inserted (no summing): each one carries its place
--            in the spool, so that a batch repeated after a crash is recognised and never counted twice.
-- partition  By year: a few rows per site and day.
-- codecs     The defaults do: the table stays below a thousandth of events.
create table if not exists refusals$shard $on_cluster
(
    site_id UInt32,
    day     Date,
    reason  LowCardinality(String),
    rule    LowCardinality(String),
    count   UInt64,
    segment UInt64,
    seq     UInt32,
    index by_segment segment type set(256) granularity 1
)
engine = ${replicated}MergeTree
partition by toYear(day)
order by (site_id, day, reason, rule)
settings fsync_after_insert = 1, fsync_part_directory = 1, $dedup_window = 1000
