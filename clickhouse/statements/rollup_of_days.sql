-- What does each of these days add up to as a whole? Written last: a day that has this row was added up completely.
insert into rollups_daily (site_id, day, dimension, value, visitors, visits, pageviews, events, bounces, seconds, engaged_ms)
select
    {site:UInt32},
    on_day,
    '',
    '',
    sum(people),
    sum(runs),
    sum(pages),
    sum(deeds),
    sum(short),
    sum(span),
    sum(engaged)
from (
    select
        toDate(start, {zone:String}) as on_day,
        uniqExact(visitor_id) as people,
        count() as runs,
        toUInt64(0) as pages,
        toUInt64(0) as deeds,
        countIf(is_bounce) as short,
        sum(seconds) as span,
        sum(engaged_ms) as engaged
    from visits final
    where site_id = {site:UInt32}
      and start >= toDateTime({since:Int64}, 'UTC')
      and start < toDateTime({until:Int64}, 'UTC')
    group by on_day
    union all
    select
        toDate(ts, {zone:String}) as on_day,
        0,
        0,
        countIf(name = 'pageview'),
        countIf(name != 'engagement'),
        0,
        0,
        0
    from events
    where site_id = {site:UInt32}
      and ts >= fromUnixTimestamp64Milli({since:Int64} * 1000)
      and ts < fromUnixTimestamp64Milli({until:Int64} * 1000)
    group by on_day
)
group by on_day
