-- only on a cluster
-- A site's sums share a shard, so a day that is added up twice replaces itself there.
create table if not exists rollups_daily $on_cluster as rollups_daily$shard
engine = Distributed('$cluster', currentDatabase(), 'rollups_daily$shard', cityHash64(site_id));

create table if not exists rollups_monthly $on_cluster as rollups_monthly$shard
engine = Distributed('$cluster', currentDatabase(), 'rollups_monthly$shard', cityHash64(site_id))
