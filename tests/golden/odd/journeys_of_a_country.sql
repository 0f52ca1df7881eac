-- Which page comes after (or before) a page, step by step, in the visits that saw it?
-- A walk is a visit's pages without repeats in a row, from where the page was first seen; no page asked: from where the
-- visit began (looking back: from where it ended). At each step the best pages are named, the others are one.
-- An empty `next` says that there is none: the visit ended there, or began there.
with
    arrayCompact(arrayMap(view -> view.4, arraySort(groupArray((ts, segment, seq, path))))) as pages,
    multiIf({page:String} != '', indexOf(pages, {page:String}), {back:Bool}, length(pages), 1) as at,
    if({back:Bool}, arrayReverse(arraySlice(pages, 1, at)), arraySlice(pages, at)) as walk
select
    step,
    if(place <= {most:UInt32}, page, {other:String}) as here,
    if(next_place <= {most:UInt32}, next, {other:String}) as there,
    sum(visits) as all_visits,
    max(visitors) as least_visitors
from
(
    select
        step, page, next, visits, visitors,
        dense_rank() over (partition by step order by of_page desc, page) as place,
        if(next = '', 0, dense_rank() over (partition by step, next = '' order by of_next desc, next)) as next_place
    from
    (
        select
            step, page, next, visits, visitors,
            sum(visits) over (partition by step, page) as of_page,
            sum(visits) over (partition by step, next) as of_next
        from
        (
            select
                hop.1 as step,
                hop.2 as page,
                hop.3 as next,
                count() as visits,
                uniqExact(visitor) as visitors
            from
            (
                select
                    any(bitXor(visitor_id, intHash64(toUInt32(toDate(ts, {tz:String}))))) as visitor,
                    arrayMap(
                        n -> (n, walk[n], walk[n + 1]),
                        range(1, least(length(walk), {steps:UInt32} - 1) + 1)) as hops
                from events
                where site_id = {site:UInt32}
                  and not is_loose
                  and ts >= {since:DateTime64(3, 'UTC')}
                  and ts < {until:DateTime64(3, 'UTC')}
                  and name = 'pageview'
  and visit_id in (
    select
        visit_id
    from visits final
    where site_id = {site:UInt32}
      and visit_id >= {first_visit_wide:UInt64}
      and visit_id < {last_visit:UInt64}
      and country in {v0:Array(String)}
)
                group by visit_id
                having at > 0
            )
            array join hops as hop
            group by step, page, next
        )
    )
)
group by step, here, there
order by step, all_visits desc, here, there

