-- How busy is each hour of the week?
-- By the site's clock. A visit counts in every hour in which something of it happened.
select
    toDayOfWeek(ts, 1, {tz:String}) as weekday,
    toHour(ts, {tz:String}) as hour,
    uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String})))), visitor_id != 0) as visitors,
    uniqExactIf((visit_id, toDate(ts, {tz:String})), visit_id != 0) as visits,
    countIf(name = 'pageview') as pageviews,
    visitors + countIf(visitor_id = 0) as people
from events
where site_id = {site:UInt32}
  and ts >= {since:DateTime64(3, 'UTC')}
  and ts < {until:DateTime64(3, 'UTC')}
  and name != 'engagement'$filters
group by weekday, hour
order by weekday, hour
