-- What values do the properties of a feature have, how often, and in how many visits?
select
    key,
    value,
    count() as uses,
    uniqExactIf(bitXor(visit_id, intHash64(toUInt32(toDate(ts, {tz:String})))), visit_id != 0) as visits,
    uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String})))), visitor_id != 0)
        + countIf(visitor_id = 0) as people,
    sum(uses) over (partition by key) as of_key,
    count() over (partition by key) as values_of_key
from
(
    select
        ts,
        visit_id,
        visitor_id,
        arrayJoin(arrayZip(mapKeys(props), mapValues(props))) as prop,
        toString(prop.1) as key,
        prop.2 as value
    from events
    where site_id = {site:UInt32}
      and ts >= {since:DateTime64(3, 'UTC')}
      and ts < {until:DateTime64(3, 'UTC')}
      and name = {feature:String}$filters
)
group by key, value
order by of_key desc, key, uses desc, value
limit {limit:UInt64} by key
