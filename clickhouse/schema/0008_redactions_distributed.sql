-- only on a cluster
-- A site's counts share a shard, as its refusals do.
create table if not exists redactions $on_cluster as redactions$shard
engine = Distributed('$cluster', currentDatabase(), 'redactions$shard', cityHash64(site_id))
