"""The dialects: what other people's trackers say, turned into Arrivals.

One module for each wire format. In: the body (and query) of a request and its `Sender`. Out: a list of Arrivals, or a
`Problem` that the sender can mend. A dialect answers in its own manner and uses its own words; nothing behind it knows
where an Arrival came from. Invariant: whatever bytes come in, what goes out is within limits and free of control
characters, and no exception leaves with the sender's text in it.
"""
