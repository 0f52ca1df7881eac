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
            if(path in {v1:Array(String)}, 1, 0) + if(name in {v2:Array(String)}, 2, 0) as fits
        from events
        where site_id = {site:UInt32}
          and not is_loose
          and ts >= {since:DateTime64(3, 'UTC')}
          and ts < {until:DateTime64(3, 'UTC')}
          and name != 'engagement'
          and fits != 0
  and visit_id in (
    select
        visit_id
    from visits final
    where site_id = {site:UInt32}
      and visit_id >= {first_visit_wide:UInt64}
      and visit_id < {last_visit:UInt64}
      and source in {v0:Array(String)}
)
    )
    group by run
)
where reached > 0
group by step
order by step

