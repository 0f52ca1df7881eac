"""Every sentence of the visitor's pages, in English; a translation is another table with the same keys.

Plain words, short sentences, no legal advice. `{names}` are filled in from a site's live settings. Nothing here decides
anything, and nothing here may promise what the settings do not keep.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGE = "en"

TEXTS: Mapping[str, str] = {
    "title": "Visit statistics and you",
    "intro": "{host} counts visits to improve this site. You decide whether yours are among them.",
    "intro_unnamed": "Sites that use this address count visits to improve themselves. You decide about yours.",
    "done_optout": "Done: you are not measured any more.",
    "done_optin": "Done: your visits may be counted again.",
    "done_but_blocked": "Your browser did not keep your choice, because it blocks cookies. A browser that says so "
    "(“cookies are off”) is not measured here anyway, so there is nothing to save.",
    "please_repeat": "That did not come from this page, or the page was open for more than an hour. "
    "Please press the button again.",
    "yes": "You are being counted",
    "no": "You are not being measured",
    "because_optout": "You asked us not to.",
    "because_gpc": "Your browser sends Global Privacy Control.",
    "because_dnt": "Your browser sends Do Not Track.",
    "because_denied": "You said no when this site asked.",
    "because_no_consent": "This site measures only with your consent, and you have not given it.",
    "because_cookies_off": "Your browser says that cookies are off.",
    "because_bot": "Your browser asked for this page in advance, or looks like a program.",
    "because_frozen": "Statistics are switched off for this site.",
    "because_refused": "A request like this one is refused.",
    "because_daily": "Without a cookie: with a number made from your address and browser with a random key. The key is "
    "destroyed every midnight ({zone}); after that nobody can link the number to you or to another day.",
    "because_none": "Without a cookie and without anything that tells you apart from others.",
    "because_consent": "With a cookie, because you agreed to it.",
    "button_optout": "Stop measuring me",
    "button_optin": "Allow again",
    "optout_note": "One press, no reason needed. It sets one cookie that says “no”, the same for everyone.",
    "optin_note": "Signals of your browser, such as Global Privacy Control, still count as “no”.",
    "scope_note": "This choice is kept by your browser, for {host}.",
    "mirror_title": "What this very request would leave behind",
    "mirror_declined": "Nothing, because you are not being measured. If you were, this would be all:",
    "mirror_counted": "If this page were counted (it is not), this would be all:",
    "mirror_refused": "Nothing: a request like this one is refused ({reason}).",
    "kept": "Kept",
    "forgotten": "Used for a moment in memory, then forgotten",
    "kept_page": "Page",
    "kept_source": "Where you came from",
    "kept_country": "Country",
    "kept_browser": "Browser",
    "kept_system": "System",
    "kept_device": "Kind of device",
    "kept_language": "Language",
    "kept_time": "Time",
    "kept_number": "A number for today",
    "number_value": "made from your address and browser with today’s random key; worthless after midnight",
    "number_none": "none",
    "time_value": "now",
    "unknown": "not known",
    "direct": "nowhere known",
    "continued": "a page of this site",
    "forgotten_address": "Your network address",
    "forgotten_agent": "Your browser's full description of itself",
    "forgotten_referrer": "The full address of the page before",
    "absent": "not sent",
    "never_title": "Never asked for",
    "never": "Your name, your precise place, your screen, fonts and plug-ins, what you type, other sites you visit.",
    "rules_title": "How long, and who",
    "rule_kept": "Single visits are kept for {days} days, then deleted.",
    "rule_place": "Place is kept no finer than: {place}.",
    "rule_small": "Small groups are hidden: most people who look at the statistics see no number below {group}.",
    "rule_basis": "Legal basis named by the site: {basis}.",
    "rule_sold": "Nothing is sold, and this software sends nothing to anybody else.",
    "place_none": "not at all",
    "place_country": "country",
    "place_region": "region",
    "place_city": "city",
    "basis_consent": "consent",
    "basis_legitimate_interest": "legitimate interest",
    "basis_exempt_measurement": "audience measurement that needs no consent",
    "ways_title": "Other ways to say no",
    "way_gpc": "Switch on Global Privacy Control in your browser.",
    "way_dnt": "Switch on Do Not Track.",
    "way_cookies": "Switch off cookies.",
    "way_applies": "This site honours:",
    "footer": "Looking at this page sets no cookie and is not measured.",
}
