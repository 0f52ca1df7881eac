-- How many visits saw one page, how many two, and so on?
select
    least(pageviews, {most:UInt32}) as many,
    count() as visits,
    uniqExact(bitXor(visitor_id, intHash64(toUInt32(toDate(start, {tz:String}))))) as visitors
from visits final
where site_id = {site:UInt32}
  and visit_id >= {first_visit:UInt64}
  and visit_id < {last_visit:UInt64}
  and start >= {since:DateTime64(3, 'UTC')}
  and start < {until:DateTime64(3, 'UTC')}$filters
group by many
order by many
