-- How often was each goal reached, in how many visits, by how many visitors, day by day, and for how much?
-- `reached` lists the numbers of the goals that an event is.
select
    goal,
    count() as times,
    uniqExactIf(bitXor(visit_id, intHash64(toUInt32(day))), visit_id != 0) as visits,
    uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(day))), visitor_id != 0) + countIf(visitor_id = 0) as people,
    sumMap(map(day, toUInt64(1))) as by_day,
    sumMapIf(map(currency, revenue), revenue != 0) as by_currency
from
(
    select
        visit_id,
        visitor_id,
        toString(currency) as currency,
        revenue,
        toDate(ts, {tz:String}) as day,
        arrayJoin(arrayFilter(number -> number != 0, [if(name in {v1:Array(String)}, 1, 0)])) as goal
    from events
    where site_id = {site:UInt32}
      and ts >= {since:DateTime64(3, 'UTC')}
      and ts < {until:DateTime64(3, 'UTC')}
      and name != 'engagement'
  and path in {v0:Array(String)}
)
group by goal
order by goal

