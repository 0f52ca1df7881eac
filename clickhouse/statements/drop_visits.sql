-- Which rows of a table belong to visits that are no visits of their own any more?
alter table {table} {on_cluster}
delete where (site_id, visit_id) in {pairs:Array(Tuple(UInt32, UInt64))}
settings mutations_sync = 2
