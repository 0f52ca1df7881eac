-- top pages
select
    toString(d0) as l0,
    round(m0, 0) as n0,
    round(m1, 0) as n1,
    count() over () as total_rows
from (
    select
        path as d0,
        uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String})))), visitor_id != 0) as m0,
        countIf(name = 'pageview') as m1
    from events
    where site_id = {site:UInt32}
      and ts >= {since:DateTime64(3, 'UTC')}
      and ts < {until:DateTime64(3, 'UTC')}
      and name != 'engagement'
    group by d0
) as p0
order by n0 desc nulls last, d0 asc nulls last
limit {limit:UInt64} offset {offset:UInt64}
settings join_use_nulls = 1
/* binds
{
 "limit": 10,
 "offset": 0,
 "since": "2026-03-01 00:00:00.000",
 "site": 1,
 "tz": "UTC",
 "until": "2026-04-01 00:00:00.000"
}
*/
