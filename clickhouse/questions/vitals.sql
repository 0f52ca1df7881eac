-- How fast are pages for their visitors: of each web vital, what three in four page loads stay below?
-- `good` and `fair` are the upper bounds of two bands; what is above is poor. An empty page is all pages together.
select
    path as page,
    vital,
    count() as loads,
    uniqExactIf(visitor, visitor != 0) + countIf(visitor = 0) as people,
    quantileExactInclusive(0.75)(number) as p75,
    countIf(number <= good) as in_good,
    countIf(number > good and number <= fair) as in_fair,
    countIf(number > fair) as in_poor
from
(
    select
        path,
        if(visitor_id = 0, 0, bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String}))))) as visitor,
        arrayJoin(arrayZip({vitals:Array(String)}, {good_to:Array(Float64)}, {fair_to:Array(Float64)})) as band,
        band.1 as vital,
        band.2 as good,
        band.3 as fair,
        toFloat64OrNull(props[vital]) as number
    from events
    where site_id = {site:UInt32}
      and ts >= {since:DateTime64(3, 'UTC')}
      and ts < {until:DateTime64(3, 'UTC')}
      and name = {event:String}$filters
)
where number is not null
group by grouping sets ((vital, page), (vital))
order by loads desc, page, vital
