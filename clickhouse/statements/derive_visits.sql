-- What is the row of each of these visits? `which` is one of two conditions of visits.py.
-- Engagement keeps a visit alive and adds time, but is never an event, never the first one, never the last.
-- `argMin` over (ts, segment, seq) makes ties of the clock come out the same every time. They are written as one number,
-- because a tuple is compared field by field: that took up to a fifth longer in all (10,000 events of 2,500 visits).
-- `prewhere`: the engine does not move a condition there by itself that has a statement in it, and read the thirty columns
-- of every row near a visit: 11.3 us an event, now 6.0 (10,000 events of 4,400 visits that go on, among 390,000).
insert into visits
(
    site_id, visit_id, visitor_id, start, seconds,
    entry, entry_hostname, exit, exit_hostname,
    source, channel, referrer, utm_source, utm_medium, utm_campaign, utm_content, utm_term, click,
    country, region, city, browser, browser_version, os, os_version, device, language,
    pageviews, events, engaged_ms, is_bounce, is_engaged, version, consented
)
with
    name != 'engagement' as counts,
    name = 'pageview' as is_page,
    bitOr(
        bitShiftLeft(toUInt256(toUnixTimestamp64Milli(ts)), 96),
        bitOr(bitShiftLeft(toUInt256(segment), 32), toUInt256(seq))) as place,
    argMinIf(
        (if(continued and source = '', '(continued)', source), if(continued and source = '', '(continued)', channel),
         referrer, utm_source, utm_medium, utm_campaign, utm_content, utm_term, click,
         country, region, city, browser, browser_version, os, os_version, device, language),
        place, counts) as first,
    argMinIf((path, hostname), place, is_page) as first_page,
    argMaxIf((path, hostname), place, is_page) as last_page,
    countIf(counts and not is_page and interactive) as features
select
    site_id,
    visit_id,
    any(visitor_id),
    toDateTime(minIf(ts, counts), 'UTC'),
    toUnixTimestamp(maxIf(ts, counts)) - toUnixTimestamp(minIf(ts, counts)),
    first_page.1, first_page.2, last_page.1, last_page.2,
    first.1, first.2, first.3, first.4, first.5, first.6, first.7, first.8, first.9,
    first.10, first.11, first.12, first.13, first.14, first.15, first.16, first.17, first.18,
    countIf(is_page) as pages,
    countIf(counts),
    sum(engaged_ms) as engaged,
    pages <= 1 and features = 0,
    pages >= 2 or features >= 1 or engaged >= 10000,
    count(),
    any(consented)
from events
prewhere not is_loose
  and {which}
where ts >= fromUnixTimestamp64Milli({since:Int64})
  and ts < fromUnixTimestamp64Milli({until:Int64})
group by site_id, visit_id
having countIf(counts) > 0
