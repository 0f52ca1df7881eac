-- top pages with all three sources
select
    toString(d0) as l0,
    round(ifNull(m0, 0), 0) as n0,
    round(m1, 0) as n1,
    round(m2, 0) as n2,
    round(m3, 0) as n3
from (
    select
        path as d0,
        uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String})))), visitor_id != 0) as m0
    from events
    where site_id = {site:UInt32}
      and ts >= {since:DateTime64(3, 'UTC')}
      and ts < {until:DateTime64(3, 'UTC')}
      and not is_loose
      and name != 'engagement'
    group by d0
) as p0
left join (
    select
        entry as d0,
        100 * countIf(is_bounce) / countIf(visitor_id != 0) as m1
    from visits final
    where site_id = {site:UInt32}
      and visit_id >= {first_visit:UInt64}
      and visit_id < {last_visit:UInt64}
      and start >= {since:DateTime64(3, 'UTC')}
      and start < {until:DateTime64(3, 'UTC')}
    group by d0
) as p1 using (d0)
left join (
    select
        d0,
        sum(engaged_ms) / 1000 / uniqExact(visit_day) as m2,
        avg(deepest) as m3
    from (
        select
            path as d0,
            hostname,
            path,
            bitXor(visit_id, intHash64(toUInt32(toDate(ts, {tz:String})))) as visit_day,
            max(if(scroll <= 100, scroll, null)) as deepest,
            sum(events.engaged_ms) as engaged_ms
        from events
        where site_id = {site:UInt32}
          and ts >= {since:DateTime64(3, 'UTC')}
          and ts < {until:DateTime64(3, 'UTC')}
          and not is_loose
          and name = 'engagement'
        group by d0, hostname, path, visit_day
    )
    group by d0
) as p2 using (d0)
order by n0 desc nulls last, d0 asc nulls last
limit {limit:UInt64} offset {offset:UInt64}
settings join_use_nulls = 1
/* binds
{
 "first_visit": 7612070181942067200,
 "last_visit": 7623960369404313600,
 "limit": 10,
 "offset": 0,
 "since": "2026-03-01 00:00:00.000",
 "site": 1,
 "tz": "UTC",
 "until": "2026-04-01 00:00:00.000"
}
*/
