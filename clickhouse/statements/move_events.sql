-- What would the events of merged visits be in the visits that go on? Those that were moved already are not moved again.
-- (A copy and a deletion, because the visit is part of the table's order and cannot be updated in place.)
insert into events
select * replace (transform(old.visit_id, {gone:Array(UInt64)}, {into:Array(UInt64)}, old.visit_id) as visit_id)
from events as old
where (old.site_id, old.visit_id) in {pairs:Array(Tuple(UInt32, UInt64))}
  and ts >= fromUnixTimestamp64Milli({since:Int64})
  and ts < fromUnixTimestamp64Milli({until:Int64})
  and (segment, seq) not in (
    select segment, seq
    from events
    where (site_id, visit_id) in {goals:Array(Tuple(UInt32, UInt64))}
      and ts >= fromUnixTimestamp64Milli({since:Int64})
      and ts < fromUnixTimestamp64Milli({until:Int64})
  )
