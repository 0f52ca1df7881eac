-- Two marks of visitors who asked for something: to be known again (consented), to be shown what is recorded (dsr_id).
--
-- consented  Such a visitor's number outlives the day; questions about returning visitors ask these rows only.
-- dsr_id     Blanked when the visitor ends it. Hardly any row has one, so both columns pack to nothing.
alter table events$shard $on_cluster
    add column if not exists consented Bool codec(ZSTD(1)),
    add column if not exists dsr_id UInt64 codec(ZSTD(1));

alter table visits$shard $on_cluster
    add column if not exists consented Bool codec(ZSTD(1))
