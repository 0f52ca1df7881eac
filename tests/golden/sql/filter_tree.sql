-- filter tree
select
    round(ifNull(m0, 0), 0) as n0,
    round(m1, 0) as n1
from (
    select
        uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String})))), visitor_id != 0) as m0
    from events
    where site_id = {site:UInt32}
      and ts >= {since:DateTime64(3, 'UTC')}
      and ts < {until:DateTime64(3, 'UTC')}
      and not is_loose
      and name != 'engagement'
      and (visit_id in (
        select
            visit_id
        from visits final
        where site_id = {site:UInt32}
          and visit_id >= {first_visit_wide:UInt64}
          and visit_id < {last_visit:UInt64}
          and (source in {v0:Array(String)} and not (country in {v1:Array(String)}))
    ) or not (path in {v2:Array(String)}))
      and visit_id in (
        select
            visit_id
        from events
        where site_id = {site:UInt32}
          and ts >= {since_wide:DateTime64(3, 'UTC')}
          and ts < {until_wide:DateTime64(3, 'UTC')}
          and name != 'engagement'
          and not is_loose
          and name in {v3:Array(String)}
    )
      and visit_id not in (
        select
            visit_id
        from events
        where site_id = {site:UInt32}
          and ts >= {since_wide:DateTime64(3, 'UTC')}
          and ts < {until_wide:DateTime64(3, 'UTC')}
          and name != 'engagement'
          and not is_loose
          and (match(path, {v4:String}) or match(path, {v5:String}))
    )
      and visit_id in (
        select
            visit_id
        from visits final
        where site_id = {site:UInt32}
          and visit_id >= {first_visit_wide:UInt64}
          and visit_id < {last_visit:UInt64}
          and not (multiSearchAnyCaseInsensitiveUTF8(entry, {v6:Array(String)}))
    )
) as p0
cross join (
    select
        avgIf(seconds, visitor_id != 0) as m1
    from visits final
    where site_id = {site:UInt32}
      and visit_id >= {first_visit:UInt64}
      and visit_id < {last_visit:UInt64}
      and start >= {since:DateTime64(3, 'UTC')}
      and start < {until:DateTime64(3, 'UTC')}
      and ((source in {v7:Array(String)} and not (country in {v8:Array(String)})) or not (entry in {v9:Array(String)}))
      and visit_id in (
        select
            visit_id
        from events
        where site_id = {site:UInt32}
          and ts >= {since_wide:DateTime64(3, 'UTC')}
          and ts < {until_wide:DateTime64(3, 'UTC')}
          and name != 'engagement'
          and not is_loose
          and name in {v10:Array(String)}
    )
      and visit_id not in (
        select
            visit_id
        from events
        where site_id = {site:UInt32}
          and ts >= {since_wide:DateTime64(3, 'UTC')}
          and ts < {until_wide:DateTime64(3, 'UTC')}
          and name != 'engagement'
          and not is_loose
          and (match(path, {v11:String}) or match(path, {v12:String}))
    )
      and not (multiSearchAnyCaseInsensitiveUTF8(entry, {v13:Array(String)}))
) as p1
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
 "since_wide": "2026-02-27 23:00:00.000",
 "site": 1,
 "tz": "UTC",
 "until": "2026-04-01 00:00:00.000",
 "until_wide": "2026-04-02 01:00:00.000",
 "v0": [
  "Google"
 ],
 "v1": [
  "DE",
  "FR"
 ],
 "v10": [
  "Signup"
 ],
 "v11": "(?i)^/docs",
 "v12": "(?i)help$",
 "v13": [
  "Blog"
 ],
 "v2": [
  "/pricing"
 ],
 "v3": [
  "Signup"
 ],
 "v4": "(?i)^/docs",
 "v5": "(?i)help$",
 "v6": [
  "Blog"
 ],
 "v7": [
  "Google"
 ],
 "v8": [
  "DE",
  "FR"
 ],
 "v9": [
  "/pricing"
 ]
}
*/
