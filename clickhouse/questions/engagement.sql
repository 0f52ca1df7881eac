-- How long was each page read, and how far down, in the visits that told it?
-- The row with an empty page is all pages together.
select
    path as page,
    count() as visits,
    uniqExact(visitor) as people,
    avg(engaged) / 1000 as seconds,
    quantileExact(0.5)(engaged) / 1000 as median_seconds,
    avg(deepest) as depth,
    countIf(deepest >= 25) as to_25,
    countIf(deepest >= 50) as to_50,
    countIf(deepest >= 75) as to_75,
    countIf(deepest >= 100) as to_100,
    count(deepest) as told_depth
from
(
    select
        visit_id,
        path,
        any(bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String}))))) as visitor,
        sum(engaged_ms) as engaged,
        max(if(scroll <= 100, scroll, null)) as deepest
    from events
    where site_id = {site:UInt32}
      and not is_loose
      and ts >= {since:DateTime64(3, 'UTC')}
      and ts < {until:DateTime64(3, 'UTC')}
      and name = 'engagement'$filters
    group by visit_id, path
)
group by grouping sets ((page), ())
order by visits desc, page
limit {limit:UInt64}
