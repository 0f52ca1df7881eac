-- What do the events of these days add up to, page by page and feature by feature? Engagement is no event of its own.
insert into rollups_daily (site_id, day, dimension, value, visitors, visits, pageviews, events, bounces, seconds, engaged_ms)
select
    site_id,
    toDate(ts, {zone:String}) as on_day,
    trait.1 as name_of,
    trait.2 as text,
    uniqExactIf(visitor_id, visitor_id != 0),
    uniqExactIf(visit_id, visit_id != 0),
    countIf(name = 'pageview'),
    countIf(name != 'engagement'),
    0,
    0,
    sum(events.engaged_ms)
from events
array join [
    if(name = 'pageview', ('page', path), ('feature', toString(name))), ('hostname', toString(hostname))
] as trait
where site_id = {site:UInt32}
  and ts >= fromUnixTimestamp64Milli({since:Int64} * 1000)
  and ts < fromUnixTimestamp64Milli({until:Int64} * 1000)
  and name != 'engagement'
group by site_id, on_day, name_of, text
