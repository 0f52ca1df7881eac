-- How many visits (or days of a visitor) got at least to each of some steps, taken in order?
-- `fits` has a bit for each step that an event is. An event is one step at most, the next one that is due; what happens
-- in between does not matter. The earliest event that fits is always as good as a later one, so one walk is enough.
select
    arrayJoin(range(1, reached + 1)) as step,
    count() as runs,
    uniqExact(visitor) as visitors
from
(
    select
        arrayFold(
            (reached, moment) -> toUInt8(reached + bitTest(moment.4, reached)),
            arraySort(groupArray((ts, segment, seq, fits))),
            toUInt8(0)) as reached,
        any(visitor) as visitor
    from
    (
        select
            ts,
            segment,
            seq,
            bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String})))) as visitor,
            if({by_day:Bool}, visitor, visit_id) as run,
            $fits as fits
        from events
        where site_id = {site:UInt32}
          and not is_loose
          and ts >= {since:DateTime64(3, 'UTC')}
          and ts < {until:DateTime64(3, 'UTC')}
          and name != 'engagement'
          and fits != 0$filters
    )
    group by run
)
where reached > 0
group by step
order by step
