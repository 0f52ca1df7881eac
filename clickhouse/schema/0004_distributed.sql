-- only on a cluster
-- The same names as on a single server, spread over the shards. A visitor's rows share a shard, so a visit is derived,
-- replaced and counted where it lies, and no question needs another shard to know what a visit is.
create table if not exists events $on_cluster as events$shard
engine = Distributed('$cluster', currentDatabase(), 'events$shard', cityHash64(site_id, visitor_id));

create table if not exists visits $on_cluster as visits$shard
engine = Distributed('$cluster', currentDatabase(), 'visits$shard', cityHash64(site_id, visitor_id));

create table if not exists refusals $on_cluster as refusals$shard
engine = Distributed('$cluster', currentDatabase(), 'refusals$shard', cityHash64(site_id))
