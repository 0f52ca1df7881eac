-- visits and loose events say page views
select
    round(m0, 0) as n0,
    round(m1, 0) as n1,
    round(m2, 0) as n2
from (
    select
        uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate(start, {tz:String})))), visitor_id != 0) as m0,
        sum(pageviews) as m1,
        sum(events) as m2
    from (
        select
            visit_id,
            visitor_id,
            start,
            pageviews,
            events,
            seconds,
            engaged_ms,
            is_bounce,
            is_engaged,
            consented
        from visits final
        where site_id = {site:UInt32}
          and visit_id >= {first_visit:UInt64}
          and visit_id < {last_visit:UInt64}
          and start >= {since:DateTime64(3, 'UTC')}
          and start < {until:DateTime64(3, 'UTC')}
        union all
        select
            visit_id,
            visitor_id,
            toDateTime(ts) as start,
            toUInt32(name = 'pageview') as pageviews,
            toUInt32(1) as events,
            toUInt32(0) as seconds,
            toUInt64(0) as engaged_ms,
            false as is_bounce,
            false as is_engaged,
            false as consented
        from events
        where site_id = {site:UInt32}
          and ts >= {since:DateTime64(3, 'UTC')}
          and ts < {until:DateTime64(3, 'UTC')}
          and is_loose
          and name != 'engagement'
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
 "site": 1,
 "tz": "UTC",
 "until": "2026-04-01 00:00:00.000"
}
*/
