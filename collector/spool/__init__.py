"""The spool: accepted rows survive a crash and a sleeping store. A directory of append-only segment files.

1. Safe: what `append` returned for is on disk: data synced, and the file's name synced into its directory.
2. True: nothing is read that was not appended; a checksum covers each frame's header and payload.
3. Named once: (segment, seq) means one record for ever; a segment has a random id and one open file, ever.
4. In order: records are read in the order they were acknowledged, segments in the order of their names.
5. Alone: one writer to a directory (flock); the directory is 0700, files are 0600.
6. Bounded: at most 64 MB a segment, deleted whole, never the newest, only by the reader; it may blank what is done.
7. Damage costs its own frame: the reader finds the next good one, counts the loss; a torn tail is no loss.
8. A failed append acknowledges nothing; its descriptor is never used again; the next one starts a segment.
9. It stops before the disk is full (`SpoolFull`), keeps ballast for the drain's notes, goes on by itself.
10. `Committer.keep` returns after the sync that covers its records; a failure reaches that group's waiters."""

from __future__ import annotations

from collector.spool.committer import Committer
from collector.spool.disk import Limits
from collector.spool.errors import SpoolClosed, SpoolError, SpoolFault, SpoolFull, SpoolHeld, SpoolNewer
from collector.spool.log import Spool, SpoolStats

__all__ = [
    "Committer",
    "Limits",
    "Spool",
    "SpoolClosed",
    "SpoolError",
    "SpoolFault",
    "SpoolFull",
    "SpoolHeld",
    "SpoolNewer",
    "SpoolStats",
]
