"""Scrub: take out of every kept string what could name a person or open a door.

Read in this order: `text` (decode, clean, detect), `detectors` (what is recognised, in order), `path` (segments and
their neighbours), `rules` (what the site's owner says about paths), `query` (tags, click ids, kept names), `props`.
In: strings of an arrival. Out: strings short enough and clean enough to keep: no control, format or surrogate
character, no NUL, and `[kind]` where something was taken out.
It does not decide what is kept at all (page.py), and what it cannot recognise is told in docs/privacy.md ("Known
misses").
"""
