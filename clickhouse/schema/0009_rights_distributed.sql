-- only on a cluster
-- A row stays on the shard of its visitor when it is moved.
create table if not exists events_isolated $on_cluster as events_isolated$shard
engine = Distributed('$cluster', currentDatabase(), 'events_isolated$shard', cityHash64(site_id, visitor_id))
