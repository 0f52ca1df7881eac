-- series by day in a zone
select
    toString(d0) as l0,
    round(m0, 0) as n0,
    round(m1, 0) as n1
from (
    select
        d0,
        uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate(start, {tz:String})))), visitor_id != 0) as m0,
        sum(pageviews) as m1
    from (
        select
            toDate(start, {tz:String}) as d0,
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
            toDate(ts, {tz:String}) as d0,
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
    group by d0
) as p0
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
