"""Server-side and historical events: `POST /api/events`, for whoever holds a key of the site.

Read `endpoint.py` (who may, how much, what is answered), `body.py` (one body, many rows), `row.py` (one row becomes an
Arrival: here alone an address, an agent and a time are taken from a body) and `past.py` (with what salt a day that is
over is counted). Behind that everything is the ordinary way: the same bridge, the same spool, the same drain.
"""
