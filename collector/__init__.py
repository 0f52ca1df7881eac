"""Receives, decides, forgets, hands on: HTTP in, final rows in the spool, 202 when they are safe on disk.

Addresses and User-Agent strings exist only in this room and only in memory. Read: `arrival.py`, `distill/`, `spool/`,
`drain/`, then `endpoint.py` and `app.py`.
"""
