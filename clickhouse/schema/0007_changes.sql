-- changes: which days of a site were rewritten after they were over, by erasing, repairing or rescrubbing.
--
-- Whoever keeps answers about closed days looks here first: what was kept before `at` of such a day is worth nothing.
-- order by   A question names a site. It holds nothing of the visitors; a few rows a month.
-- partition  By year: a few rows each.
-- codecs     The defaults do.
create table if not exists changes$shard $on_cluster
(
    site_id UInt32,
    since   Date,
    until   Date,
    at      DateTime64(3, 'UTC') default now64(3)
)
engine = ${replicated}MergeTree
partition by toYear(since)
order by (site_id, since)
settings fsync_after_insert = 1, fsync_part_directory = 1
