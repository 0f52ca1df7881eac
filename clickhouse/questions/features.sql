-- Which features were used, how often, in how many visits, by how many visitors, and on which days?
select
    toString(name) as feature,
    count() as uses,
    uniqExactIf(bitXor(visit_id, intHash64(toUInt32(toDate(ts, {tz:String})))), visit_id != 0) as visits,
    uniqExactIf(bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String})))), visitor_id != 0)
        + countIf(visitor_id = 0) as people,
    sumMap(map(toDate(ts, {tz:String}), toUInt64(1))) as by_day,
    max(length(props)) as keys
from events
where site_id = {site:UInt32}
  and ts >= {since:DateTime64(3, 'UTC')}
  and ts < {until:DateTime64(3, 'UTC')}
  and name not in {not_features:Array(String)}$filters
group by feature
order by uses desc, feature
limit {limit:UInt64}
