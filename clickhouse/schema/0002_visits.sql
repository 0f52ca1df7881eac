-- visits: one complete row per visit, derived from events by visits.py, again and again with the same result.
--
-- order by   site_id and visit_id are the row's identity (the newest version of a visit replaces the others), and a visit_id
--            begins with its second of start, so the key is also time: a period is one range of the key.
-- partition  By the month in visit_id, which never changes; the derived start may move when a late event arrives. So all
--            versions of a visit meet in one partition, and FINAL need not merge across partitions.
-- version    How many events of the visit were seen: a derivation that saw less never wins over one that saw more.
-- codecs     Visits of one hour have little in common, so text is left to LowCardinality and ZSTD.
create table if not exists visits$shard $on_cluster
(
    site_id         UInt32                    codec(ZSTD(1)),
    visit_id        UInt64                    codec(Delta, ZSTD(1)),
    visitor_id      UInt64                    codec(ZSTD(1)),
    start           DateTime('UTC')           codec(Delta, ZSTD(1)),
    seconds         UInt32                    codec(ZSTD(3)),
    entry           String                    codec(ZSTD(6)),
    exit            String                    codec(ZSTD(6)),
    entry_hostname  LowCardinality(String)    codec(ZSTD(3)),
    exit_hostname   LowCardinality(String)    codec(ZSTD(3)),
    source          LowCardinality(String)    codec(ZSTD(3)),
    channel         LowCardinality(String)    codec(ZSTD(3)),
    referrer        String                    codec(ZSTD(6)),
    utm_source      LowCardinality(String)    codec(ZSTD(3)),
    utm_medium      LowCardinality(String)    codec(ZSTD(3)),
    utm_campaign    LowCardinality(String)    codec(ZSTD(3)),
    utm_content     LowCardinality(String)    codec(ZSTD(3)),
    utm_term        LowCardinality(String)    codec(ZSTD(3)),
    click           LowCardinality(String)    codec(ZSTD(3)),
    country         LowCardinality(String)    codec(ZSTD(3)),
    region          LowCardinality(String)    codec(ZSTD(3)),
    city            LowCardinality(String)    codec(ZSTD(3)),
    browser         LowCardinality(String)    codec(ZSTD(3)),
    browser_version LowCardinality(String)    codec(ZSTD(3)),
    os              LowCardinality(String)    codec(ZSTD(3)),
    os_version      LowCardinality(String)    codec(ZSTD(3)),
    device          LowCardinality(String)    codec(ZSTD(3)),
    language        LowCardinality(String)    codec(ZSTD(3)),
    pageviews       UInt32                    codec(ZSTD(3)),
    events          UInt32                    codec(ZSTD(3)),
    engaged_ms      UInt64                    codec(ZSTD(3)),
    is_bounce       Bool                      codec(ZSTD(3)),
    is_engaged      Bool                      codec(ZSTD(3)),
    version         UInt32                    codec(ZSTD(3))
)
engine = ${replicated}ReplacingMergeTree(version)
partition by toYYYYMM(toDateTime(bitShiftRight(visit_id, 32), 'UTC'))
order by (site_id, visit_id)
settings fsync_after_insert = 1, fsync_part_directory = 1
