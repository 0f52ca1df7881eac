-- How many arrivals of a site were not kept, on each of its days, for which reason, and which rule spoke?
-- People who said no become one sum here, so that which of their signals it was never leaves the store.
with reason in {declines:Array(String)} as is_declined
select
    day,
    if(is_declined, {declined:String}, reason) as why,
    if(is_declined, '', rule) as which,
    sum(count) as refused
from refusals
where site_id = {site:UInt32}
  and day >= {first:Date}
  and day <= {last:Date}
group by day, why, which
order by day, refused desc, why, which
