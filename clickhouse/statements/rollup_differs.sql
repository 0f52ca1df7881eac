-- On which days do the sums differ from what they were made of, trait by trait? None, or nothing may be deleted.
select day
from (
    select
        day,
        sumIf(rolled.visits, dimension = 'source') as by_source,
        sumIf(rolled.visits, dimension = 'country') as by_country,
        sumIf(rolled.visits, dimension = '') as visits,
        sumIf(rolled.pageviews, dimension = 'page') as by_page,
        sumIf(rolled.events, dimension = 'hostname') as by_hostname,
        sumIf(rolled.pageviews, dimension = '') as pageviews,
        sumIf(rolled.events, dimension = '') as events
    from rollups_daily as rolled final
    where site_id = {site:UInt32}
      and day >= {first:Date}
      and day < {end:Date}
    group by day
) as sums
full outer join (
    select
        toDate(ts, {zone:String}) as day,
        countIf(name = 'pageview') as pages,
        countIf(name != 'engagement') as deeds
    from events
    where site_id = {site:UInt32}
      and ts >= fromUnixTimestamp64Milli({since:Int64} * 1000)
      and ts < fromUnixTimestamp64Milli({until:Int64} * 1000)
    group by day
) as raw using (day)
left join (
    select
        day,
        count() as runs
    from (
        select toDate(minIf(ts, name != 'engagement'), {zone:String}) as day
        from events
        where site_id = {site:UInt32}
          and visit_id != 0
          and ts >= fromUnixTimestamp64Milli({since:Int64} * 1000 - 90000000)
          and ts < fromUnixTimestamp64Milli({until:Int64} * 1000 + 90000000)
        group by visit_id
        having countIf(name != 'engagement') > 0
    )
    group by day
) as kept using (day)
where (by_source, by_country, visits, by_page, by_hostname, pageviews, events)
   != (runs, runs, runs, pages, deeds, pages, deeds)
