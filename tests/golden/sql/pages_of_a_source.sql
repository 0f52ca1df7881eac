-- pages of a source
select
    toString(d0) as l0,
    round(m0, 0) as n0
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
      and visit_id in (
        select
            visit_id
        from visits final
        where site_id = {site:UInt32}
          and visit_id >= {first_visit_wide:UInt64}
          and visit_id < {last_visit:UInt64}
          and source in {v0:Array(String)}
    )
    group by d0
) as p0
order by n0 desc nulls last, d0 asc nulls last
limit {limit:UInt64} offset {offset:UInt64}
settings join_use_nulls = 1
/* binds
{
 "first_visit_wide": 7611683634885427200,
 "last_visit": 7623960369404313600,
 "limit": 10000,
 "offset": 0,
 "since": "2026-03-01 00:00:00.000",
 "site": 1,
 "tz": "UTC",
 "until": "2026-04-01 00:00:00.000",
 "v0": [
  "Google"
 ]
}
*/
