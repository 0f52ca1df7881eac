-- only on a cluster
-- A Distributed table has columns of its own.
alter table events $on_cluster
    add column if not exists consented Bool,
    add column if not exists dsr_id UInt64;

alter table visits $on_cluster
    add column if not exists consented Bool
