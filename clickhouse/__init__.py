"""Keeps: every analytics table, every line of analytics SQL, one door to the store.

In: rows of `rows.py` from the drain, questions of `ask/` from the dashboard. Out: answers.
The same SQL runs on embedded ClickHouse (chDB) and on a ClickHouse server or cluster.
It knows nothing of HTTP, of visitors' addresses, or of the registry.
"""
