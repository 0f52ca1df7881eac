-- How many visitors of a day made one visit on that day, how many two, and so on?
select
    least(visits, {most:UInt32}) as many,
    count() as visitors,
    sum(visits) as all_visits
from
(
    select toDate(start, {tz:String}) as day, visitor_id, count() as visits
    from visits final
    where site_id = {site:UInt32}
      and visit_id >= {first_visit:UInt64}
      and visit_id < {last_visit:UInt64}
      and start >= {since:DateTime64(3, 'UTC')}
      and start < {until:DateTime64(3, 'UTC')}
  and visit_id in (
    select
        visit_id
    from events
    where site_id = {site:UInt32}
      and ts >= {since_wide:DateTime64(3, 'UTC')}
      and ts < {until_wide:DateTime64(3, 'UTC')}
      and name != 'engagement'
      and not is_loose
      and name in {v0:Array(String)}
)
    group by day, visitor_id
)
group by many
order by many

