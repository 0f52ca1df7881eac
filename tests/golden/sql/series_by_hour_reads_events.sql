-- series by hour reads events
select
    toString(d0) as l0,
    round(ifNull(m0, 0), 0) as n0,
    round(m1, 0) as n1
from (
    select
        formatDateTime(ts, '%Y-%m-%d %H:00:00', {tz:String}) as d0,
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
        formatDateTime(start, '%Y-%m-%d %H:00:00', {tz:String}) as d0,
        100 * countIf(is_bounce) / countIf(visitor_id != 0) as m1
    from visits final
    where site_id = {site:UInt32}
      and visit_id >= {first_visit:UInt64}
      and visit_id < {last_visit:UInt64}
      and start >= {since:DateTime64(3, 'UTC')}
      and start < {until:DateTime64(3, 'UTC')}
    group by d0
) as p1 using (d0)
order by d0 asc nulls last, n0 desc nulls last
limit {limit:UInt64} offset {offset:UInt64}
settings join_use_nulls = 1
/* binds
{
 "first_visit": 7612054720059801600,
 "last_visit": 7623929445639782400,
 "limit": 10000,
 "offset": 0,
 "since": "2026-02-28 23:00:00.000",
 "site": 1,
 "tz": "Europe/Berlin",
 "until": "2026-03-31 22:00:00.000"
}
*/
