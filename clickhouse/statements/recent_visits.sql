-- Which visits had an event since then?
select
    site_id,
    visitor_id,
    visit_id,
    least(toUnixTimestamp64Milli(min(ts)), toInt64(bitShiftRight(visit_id, 32)) * 1000) as start_ms,
    toUnixTimestamp64Milli(max(ts)) as end_ms
from events
where ts >= fromUnixTimestamp64Milli({since:Int64})
  and not is_loose
  and visit_id != 0
group by site_id, visitor_id, visit_id
order by start_ms
