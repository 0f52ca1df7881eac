-- period of hours reads events
select
    round(m0, 0) as n0
from (
    select
        uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String})))), visitor_id != 0) as m0
    from events
    where site_id = {site:UInt32}
      and ts >= {since:DateTime64(3, 'UTC')}
      and ts < {until:DateTime64(3, 'UTC')}
      and not is_loose
      and name != 'engagement'
) as p0
limit {limit:UInt64} offset {offset:UInt64}
settings join_use_nulls = 1
/* binds
{
 "limit": 10000,
 "offset": 0,
 "since": "2026-03-04 10:00:00.000",
 "site": 1,
 "tz": "UTC",
 "until": "2026-03-04 12:30:00.000"
}
*/
