"""Importing: page views out of a web server's access log, through the same bridge as everything else.

Read in this order: `lines.py` (a file, a packed file, a pipe, a file that grows), `formats.py` (a line becomes an
`Entry`), `sieve.py` and `bookmarks.py` (what was imported before is not imported again), `pages.py` (which entries
are page views), `worker.py` (page view -> Arrival -> distill -> spool), `bench.py` (spool and bookmark move as one),
`run.py` (everything together). An Entry holds an address and an agent: it lives in memory, for one line, and is never
printed.
"""
