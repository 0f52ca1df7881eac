"""`footfall demo`: the whole product on this machine, with ninety days of made-up but plausible traffic.

`town.py` says who lives in the story (pages, sources, places, devices, features), `traffic.py` turns it into events,
`website.py` is the little first-party site that carries the real snippet, `run.py` starts everything and cleans up.
Nothing here is used outside the demo and the tests that want a populated world.
"""
