-- Of the visitors who agreed to be known again, first seen in a week: how many were seen in the weeks after?
with toMonday(toDate(start, {tz:String})) as week
select
    first_week,
    intDiv(week - first_week, 7) as weeks_later,
    uniqExact(visitor_id) as visitors
from
(
    select visitor_id, start
    from visits final
    where site_id = {site:UInt32}
      and consented
      and start >= {since:DateTime64(3, 'UTC')}
      and start < {until:DateTime64(3, 'UTC')}$filters
) as seen
inner join
(
    select visitor_id, toMonday(toDate(min(start), {tz:String})) as first_week
    from visits final
    where site_id = {site:UInt32}
      and consented
      and start < {until:DateTime64(3, 'UTC')}
    group by visitor_id
) as known using (visitor_id)
where first_week >= toMonday(toDate({since:DateTime64(3, 'UTC')}, {tz:String}))
group by first_week, weeks_later
order by first_week, weeks_later
