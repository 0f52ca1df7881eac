-- How many events of a site were kept, on each of its days?
select
    toDate(ts, {tz:String}) as day,
    count() as kept
from events
where site_id = {site:UInt32}
  and ts >= {since:DateTime64(3, 'UTC')}
  and ts < {until:DateTime64(3, 'UTC')}
group by day
order by day
