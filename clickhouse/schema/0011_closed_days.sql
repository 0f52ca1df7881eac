-- day_sums: what the closed days of a site add up to, one trait at a time, with plain sums and no number of a visitor or visit.
--
-- A closed day does not change, so reports need not read its events again. Everything here follows from `events` and may be
-- deleted at any time. A row is of one day, or of a whole month (`days` says how many from `day` on): months stay, days go
-- after a quarter. A row counts only while day_book names its day with the same `at`.
-- order by   A question names a site, a trait and some days; the labels of a day are few.
-- partition  By year: hundreds of rows a day at most.
-- codecs     Most sums are small and alike.
create table if not exists day_sums$shard $on_cluster
(
    site_id      UInt32                 codec(ZSTD(1)),
    dimension    LowCardinality(String) codec(ZSTD(1)),
    days         UInt8                  codec(ZSTD(1)),
    day          Date                   codec(Delta, ZSTD(1)),
    label        String                 codec(ZSTD(3)),
    at           DateTime64(3, 'UTC')   codec(ZSTD(1)),
    visitors     UInt32                 codec(ZSTD(1)),
    visits       UInt32                 codec(ZSTD(1)),
    pageviews    UInt32                 codec(ZSTD(1)),
    events       UInt32                 codec(ZSTD(1)),
    loose        UInt32                 codec(ZSTD(1)),
    entries      UInt32                 codec(ZSTD(1)),
    entry_views  UInt32                 codec(ZSTD(1)),
    bounces      UInt32                 codec(ZSTD(1)),
    engaged      UInt32                 codec(ZSTD(1)),
    seconds      UInt64                 codec(ZSTD(1)),
    attention_ms UInt64                 codec(ZSTD(1)),
    attending    UInt32                 codec(ZSTD(1)),
    deepest      UInt64                 codec(ZSTD(1)),
    depths       UInt32                 codec(ZSTD(1))
)
engine = ${replicated}MergeTree
partition by toYear(day)
order by (site_id, dimension, days = 1, day, label)
settings fsync_after_insert = 1, fsync_part_directory = 1;

-- day_book: which days and months of a site are added up, in which zone they were cut, and when their events were read.
--
-- Written after the sums, so that a crash in between leaves rows that nobody reads.
-- order by   A question names a site.
-- partition  By year.
-- codecs     The defaults do.
create table if not exists day_book$shard $on_cluster
(
    site_id  UInt32,
    day      Date,
    days     UInt8,
    timezone LowCardinality(String),
    at       DateTime64(3, 'UTC')
)
engine = ${replicated}MergeTree
partition by toYear(day)
order by (site_id, day)
settings fsync_after_insert = 1, fsync_part_directory = 1
