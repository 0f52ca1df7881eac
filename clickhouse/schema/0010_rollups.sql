-- rollups_daily, rollups_monthly: what stays of a site's events when their limit is over, where the site asked for it.
--
-- One trait at a time (source, page, country and so on; the empty trait is the whole day), with plain sums. There is no number of
-- a visitor or a visit. In rollups_monthly no group is smaller than the site's min_group: small ones were added up before
-- they were written. `visitors` is the sum of daily visitors.
-- order by   A question names a site, a trait and some days. A day that is added up twice replaces itself.
-- partition  By year: hundreds of rows a day at most.
-- codecs     The defaults do.
create table if not exists rollups_daily$shard $on_cluster
(
    site_id    UInt32,
    day        Date,
    dimension  LowCardinality(String),
    value      String,
    visitors   UInt64,
    visits     UInt64,
    pageviews  UInt64,
    events     UInt64,
    bounces    UInt64,
    seconds    UInt64,
    engaged_ms UInt64,
    version    DateTime64(3, 'UTC') default now64(3)
)
engine = ${replicated}ReplacingMergeTree(version)
partition by toYear(day)
order by (site_id, dimension, day, value)
settings fsync_after_insert = 1, fsync_part_directory = 1;

create table if not exists rollups_monthly$shard $on_cluster
(
    site_id    UInt32,
    month      Date,
    dimension  LowCardinality(String),
    value      String,
    visitors   UInt64,
    visits     UInt64,
    pageviews  UInt64,
    events     UInt64,
    bounces    UInt64,
    seconds    UInt64,
    engaged_ms UInt64,
    version    DateTime64(3, 'UTC') default now64(3)
)
engine = ${replicated}ReplacingMergeTree(version)
partition by toYear(month)
order by (site_id, dimension, month, value)
settings fsync_after_insert = 1, fsync_part_directory = 1
