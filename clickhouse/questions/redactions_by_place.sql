-- Where had something personal to be taken out of a site's events in these days, of which kind, and how often?
select
    kind,
    place,
    sum(count) as events,
    max(day) as latest
from redactions
where site_id = {site:UInt32}
  and day >= {first:Date}
  and day <= {last:Date}
group by kind, place
order by events desc, kind, place
limit {most:UInt32}
