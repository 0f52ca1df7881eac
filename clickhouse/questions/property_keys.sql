-- Which properties have events of these sites had since then?
select
    site_id,
    groupUniqArray(250)(key)
from events
array join mapKeys(props) as key
where site_id in {sites:Array(UInt32)}
  and name not in {known:Array(String)}
  and ts >= fromUnixTimestamp64Milli({since:Int64})
group by site_id
