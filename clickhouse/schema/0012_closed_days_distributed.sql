-- only on a cluster
-- A site's sums share a shard. What was rewritten is known to all (0007 made the shard's table only).
create table if not exists day_sums $on_cluster as day_sums$shard
engine = Distributed('$cluster', currentDatabase(), 'day_sums$shard', cityHash64(site_id));

create table if not exists day_book $on_cluster as day_book$shard
engine = Distributed('$cluster', currentDatabase(), 'day_book$shard', cityHash64(site_id));

create table if not exists changes $on_cluster as changes$shard
engine = Distributed('$cluster', currentDatabase(), 'changes$shard', cityHash64(site_id))
