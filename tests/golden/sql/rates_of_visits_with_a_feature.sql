-- rates of visits with a feature
select
    round(m0, 0) as n0
from (
    select
        100 * countIf(is_bounce) / countIf(visitor_id != 0) as m0
    from visits final
    where site_id = {site:UInt32}
      and visit_id >= {first_visit:UInt64}
      and visit_id < {last_visit:UInt64}
      and start >= {since:DateTime64(3, 'UTC')}
      and start < {until:DateTime64(3, 'UTC')}
      and visit_id in (
        select
            visit_id
        from events
        where site_id = {site:UInt32}
          and ts >= {since_wide:DateTime64(3, 'UTC')}
          and ts < {until_wide:DateTime64(3, 'UTC')}
          and name != 'engagement'
          and not is_loose
          and name in {v0:Array(String)}
          and props[{v1:String}] in {v2:Array(String)}
    )
) as p0
limit {limit:UInt64} offset {offset:UInt64}
settings join_use_nulls = 1
/* binds
{
 "first_visit": 7612070181942067200,
 "last_visit": 7623960369404313600,
 "limit": 10000,
 "offset": 0,
 "since": "2026-03-01 00:00:00.000",
 "since_wide": "2026-02-27 23:00:00.000",
 "site": 1,
 "until": "2026-04-01 00:00:00.000",
 "until_wide": "2026-04-02 01:00:00.000",
 "v0": [
  "Signup"
 ],
 "v1": "plan",
 "v2": [
  "pro"
 ]
}
*/
