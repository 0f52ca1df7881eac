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
      and start < {until:DateTime64(3, 'UTC')}$filters
    group by day, visitor_id
)
group by many
order by many
