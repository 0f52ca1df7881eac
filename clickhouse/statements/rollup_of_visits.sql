-- What do the visits of these days add up to, trait by trait?
insert into rollups_daily (site_id, day, dimension, value, visitors, visits, pageviews, events, bounces, seconds, engaged_ms)
select
    site_id,
    toDate(start, {zone:String}) as on_day,
    trait.1 as name,
    trait.2 as text,
    uniqExact(visitor_id),
    count(),
    sum(visits.pageviews),
    sum(visits.events),
    countIf(is_bounce),
    sum(visits.seconds),
    sum(visits.engaged_ms)
from visits final
array join [
    ('source', toString(source)), ('channel', toString(channel)), ('entry', entry), ('country', toString(country)),
    ('device', toString(device)), ('browser', toString(browser)), ('os', toString(os)), ('language', toString(language)),
    ('utm_campaign', toString(utm_campaign))
] as trait
where site_id = {site:UInt32}
  and start >= toDateTime({since:Int64}, 'UTC')
  and start < toDateTime({until:Int64}, 'UTC')
group by site_id, on_day, name, text
