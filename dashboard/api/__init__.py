"""The Stats API: `POST /api/v2/query`, in the language of Plausible's Stats API v2.

Read in this order: `words.py` (their names, ours), `shape.py` (is the JSON of the right shape?), `dates.py`,
`filters.py`, `rules.py` (may these things be asked together?), `query.py` (JSON -> Query -> Questions), `answer.py`
(Answers -> JSON), `endpoint.py` (HTTP and keys). Error texts are part of the format: clients compare them, so they
are Plausible's to the letter, quoted values printed the way its language prints them (`quoted.py`).
"""
