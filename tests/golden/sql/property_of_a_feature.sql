-- property of a feature
select
    toString(d0) as l0,
    round(m0, 0) as n0
from (
    select
        props[{v0:String}] as d0,
        count() as m0
    from events
    where site_id = {site:UInt32}
      and ts >= {since:DateTime64(3, 'UTC')}
      and ts < {until:DateTime64(3, 'UTC')}
      and name != 'engagement'
      and name in {v1:Array(String)}
    group by d0
) as p0
order by n0 desc nulls last, d0 asc nulls last
limit {limit:UInt64} offset {offset:UInt64}
settings join_use_nulls = 1
/* binds
{
 "limit": 10000,
 "offset": 0,
 "since": "2026-03-01 00:00:00.000",
 "site": 1,
 "until": "2026-04-01 00:00:00.000",
 "v0": "plan",
 "v1": [
  "Signup"
 ]
}
*/
