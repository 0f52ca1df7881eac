-- visits say rates
select
    round(m0, 0) as n0,
    round(m1, 0) as n1,
    round(m2, 0) as n2,
    round(m3, 0) as n3,
    round(m4, 0) as n4
from (
    select
        uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate(start, {tz:String})))), visitor_id != 0) as m0,
        countIf(visitor_id != 0) as m1,
        100 * countIf(is_bounce) / countIf(visitor_id != 0) as m2,
        avgIf(seconds, visitor_id != 0) as m3,
        100 * countIf(is_engaged) / countIf(visitor_id != 0) as m4
    from visits final
    where site_id = {site:UInt32}
      and visit_id >= {first_visit:UInt64}
      and visit_id < {last_visit:UInt64}
      and start >= {since:DateTime64(3, 'UTC')}
      and start < {until:DateTime64(3, 'UTC')}
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
 "site": 1,
 "tz": "UTC",
 "until": "2026-04-01 00:00:00.000"
}
*/
