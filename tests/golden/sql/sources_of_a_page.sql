-- sources of a page
select
    toString(d0) as l0,
    round(ifNull(m0, 0), 0) as n0,
    round(m1, 0) as n1
from (
    select
        ifNull(visit_source, '') as d0,
        uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String})))), visitor_id != 0) as m0
    from events
    left any join (
        select
            visit_id as visit_visit_id,
            source as visit_source
        from visits final
        where site_id = {site:UInt32}
          and visit_id >= {first_visit_wide:UInt64}
          and visit_id < {last_visit:UInt64}
    ) as its_visit on events.visit_id = its_visit.visit_visit_id
    where site_id = {site:UInt32}
      and ts >= {since:DateTime64(3, 'UTC')}
      and ts < {until:DateTime64(3, 'UTC')}
      and not is_loose
      and name != 'engagement'
      and path in {v0:Array(String)}
    group by d0
) as p0
left join (
    select
        source as d0,
        100 * countIf(is_bounce) / countIf(visitor_id != 0) as m1
    from visits final
    where site_id = {site:UInt32}
      and visit_id >= {first_visit:UInt64}
      and visit_id < {last_visit:UInt64}
      and start >= {since:DateTime64(3, 'UTC')}
      and start < {until:DateTime64(3, 'UTC')}
      and entry in {v1:Array(String)}
    group by d0
) as p1 using (d0)
order by n0 desc nulls last, d0 asc nulls last
limit {limit:UInt64} offset {offset:UInt64}
settings join_use_nulls = 1
/* binds
{
 "first_visit": 7612070181942067200,
 "first_visit_wide": 7611683634885427200,
 "last_visit": 7623960369404313600,
 "limit": 10000,
 "offset": 0,
 "since": "2026-03-01 00:00:00.000",
 "site": 1,
 "tz": "UTC",
 "until": "2026-04-01 00:00:00.000",
 "v0": [
  "/pricing"
 ],
 "v1": [
  "/pricing"
 ]
}
*/
