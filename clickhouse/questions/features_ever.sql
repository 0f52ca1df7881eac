-- On which day was each of these features last used, if ever?
select
    toString(name) as feature,
    max(toDate(ts, {tz:String})) as last_day
from events
where site_id = {site:UInt32}
  and name in {features:Array(String)}
group by feature
