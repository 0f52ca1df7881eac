"""The register: documents that a site's people owe to themselves and to an authority, written from live settings.

The record of processing (record.py: Article 30, as controller or as processor), and annexes (annexes.py: a
self-assessment for the French authority, a balancing of interests, what a stolen volume contains). Every figure is a
setting's or a constant of the code that does it; nothing here says that a law is kept, and what only people know is
left open, marked.
"""
