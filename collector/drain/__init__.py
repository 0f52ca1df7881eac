"""The drain: spool -> store, exactly once, and into which visit.

Read `drain.py` (the loop), then `decision.py` (duplicate? which visit?), `intent.py` and `delivery.py` (exactly once).
A batch is a run of records of one segment, [a, b). What is decided about it is written down, on disk, before the
first row is sent: its range and every row's visit. So after a crash the same rows go out, whatever the memory held.
A row's position (segment, seq) is stored with it; after any attempt that was not clean the store is asked which
positions it has, and only the missing are sent. Done is noted after that; whole segments are deleted after that.
Visits of very large batches may be derived a little later (`owing.py`).
What a server loses after that is stored again, as it was decided (`rewind.py`), while the segments are kept.
Nothing but a row that the store can never take (quarantine.py) is ever passed over; all else is tried again.
What visitors demand of their own events comes the same way: `demands.py`, then `fulfilment.py`."""

from __future__ import annotations

from collector.drain.drain import Drain
from collector.drain.limits import DrainLimits
from collector.drain.status import DrainStatus

__all__ = ["Drain", "DrainLimits", "DrainStatus"]
