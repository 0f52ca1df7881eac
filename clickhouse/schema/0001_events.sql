-- events: the only truth. One row per page view, feature use or engagement report; everything else is derived from it.
--
-- order by   A question names a site and some days, so these lead. Rows without a visitor number stand apart (is_loose), so
--            that looking for them costs nothing where there are none. Within a day the rows of a visit are neighbours: a
--            visit is one read, and columns that repeat row after row pack away. ts itself must stay out of the key: with
--            it there ClickHouse compares ts instead of toDate(ts), and a day of a site read the whole month (77 granules
--            instead of 9 in 8M rows). Visits are in the order of their start, so those still going on lie at the end.
-- partition  By month: retention drops whole months in milliseconds, and a part says its time range by itself.
-- index      by_segment answers "is row (segment, seq) here?" after a crash without reading the table.
-- size       15.7 bytes a row, 28 per page view or feature use with the engagement reports that go with them; all tables
--            together 24 and 44 (200,001 rows of 30 days, 48,160 visits, merged; ClickHouse 26.9). ts, path and the two
--            visit numbers are half of it, the row's identity 0.6.
-- codecs     Delta turns neighbours in time into small numbers; ZSTD(3) on text. Identity is 12 bytes before packing.
-- settings   An insert is on disk before it is acknowledged, and a repeated block is recognised by its token.
create table if not exists events$shard $on_cluster
(
    site_id         UInt32                    codec(ZSTD(1)),
    ts              DateTime64(3, 'UTC')      codec(Delta, ZSTD(3)),
    visitor_id      UInt64                    codec(Delta, ZSTD(1)),
    visit_id        UInt64                    codec(Delta, ZSTD(1)),
    name            LowCardinality(String)    codec(ZSTD(3)),
    hostname        LowCardinality(String)    codec(ZSTD(3)),
    path            String                    codec(ZSTD(6)),
    query           String                    codec(ZSTD(6)),
    title           String                    codec(ZSTD(6)),
    referrer        String                    codec(ZSTD(6)),
    source          LowCardinality(String)    codec(ZSTD(3)),
    channel         LowCardinality(String)    codec(ZSTD(3)),
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
    engaged_ms      UInt32                    codec(ZSTD(3)),
    scroll          UInt8                     codec(ZSTD(3)),
    revenue         Int64                     codec(ZSTD(3)),
    currency        LowCardinality(String)    codec(ZSTD(3)),
    interactive     Bool                      codec(ZSTD(3)),
    continued       Bool                      codec(ZSTD(3)),
    delay_ms        UInt32                    codec(ZSTD(3)),
    is_loose        Bool                      materialized visitor_id = 0 codec(ZSTD(1)),
    props           Map(LowCardinality(String), String) codec(ZSTD(3)),
    segment         UInt64                    codec(ZSTD(1)),
    seq             UInt32                    codec(Delta, ZSTD(1)),
    index by_segment segment type set(256) granularity 1
)
engine = ${replicated}MergeTree
partition by toYYYYMM(ts)
order by (site_id, is_loose, toDate(ts), visit_id)
settings fsync_after_insert = 1, fsync_part_directory = 1, $dedup_window = 1000
