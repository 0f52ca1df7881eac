"""How the drain paces itself: sizes of a batch, seconds between tries, how long things are kept.

Values only. The ones about batches come from measurement: above 10,000 rows an insert's fixed cost no longer shows,
and below one second the store makes parts faster than it merges them.
"""

from __future__ import annotations

import msgspec

from collector.spool.disk import Limits


class DrainLimits(msgspec.Struct, frozen=True):
    """Sizes in bytes, times in seconds unless the name says otherwise."""

    batch_rows: int = 20_000
    batch_bytes: int = 8 << 20
    batch_seconds: float = 1.0
    """Batches begin this long after the last ones began, unless one of those was full."""
    batch_span_ms: int = 300_000
    """Received within this time of each other: keeps the directories of several workers in step after an outage."""
    poll_seconds: float = 0.1
    retry_seconds: float = 0.1
    retry_most_seconds: float = 30.0
    linger_seconds: float = 10.0
    """After being told to stop, go on this long if there is something to store."""
    keep_seconds: float = 660.0
    """Delete a drained segment this long after its last write: a restart reads it to know the ids of 10 minutes."""
    keep_acknowledged_seconds: float = 1800.0
    """On a server it is deleted this long after its last row was acknowledged: one that dies may have lost that row."""
    look_seconds: float = 10.0
    """How often a server is asked since when it has been up."""
    keep_bytes: int = 512 << 20
    """But keep no more than this of drained segments."""
    sweep_seconds: float = 1.0
    demand_seconds: float = 2.0
    """What visitors demand waits so long for others to come, and is done together."""
    late_seconds: float = 15.0
    """An event may get into a spool so long after it was received: its request, or the disk, was slow."""
    disk: Limits = Limits()
    """When the disk counts as nearly full: then drained segments go at once."""
