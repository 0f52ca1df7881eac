"""What is kept of records that are in the store: ids for ten minutes, and on a server the rows until they are certain.

In: a spool directory, the segment that the drain is at, a clock. Out: segments and journals that are deleted. An engine
of our own syncs what it acknowledges, and what is kept for the ids is enough. A server may be set otherwise, or lose
its disk: there a segment stays for half an hour after its last row was acknowledged, counted while it answers.
Whatever the age, no more than so many bytes are kept, and nothing where the disk is nearly full.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from collector.drain.journal import SUFFIX, path_of
from collector.drain.limits import DrainLimits
from collector.spool.disk import space_of
from collector.spool.segment import Segment, segments_in


def seconds_of(limits: DrainLimits, *, is_remote: bool) -> float:
    return limits.keep_acknowledged_seconds if is_remote else limits.keep_seconds


def delete_done(directory: Path, here: Segment, limits: DrainLimits, now: float, *, is_remote: bool) -> None:
    """Delete segments before `here` that nobody needs any more, and journals without one. `now`: seconds since 1970."""
    is_short = space_of(directory).is_short(limits.disk)
    keep_seconds = seconds_of(limits, is_remote=is_remote)
    size = 0
    for segment in reversed(segments_in(directory)):
        if segment.number >= here.number:
            continue
        told = segment.path.stat()
        size += told.st_size
        done = max(told.st_mtime, _written(path_of(segment))) if is_remote else told.st_mtime
        if is_short or size > limits.keep_bytes or now - done > keep_seconds:
            segment.path.unlink()
    for path in directory.glob(f"*{SUFFIX}"):
        if not path.with_suffix(".seg").exists():
            path.unlink(missing_ok=True)


def journals_before(directory: Path, moment: float) -> Iterator[tuple[Path, float]]:
    """Tell journals that were last written before a moment, with when that was: what they say holds no longer."""
    for path in directory.glob(f"*{SUFFIX}"):
        if 0.0 < (written := _written(path)) < moment:
            yield path, written


def old_segments(directory: Path, keep_seconds: float) -> Collection[Segment]:
    """Tell segments that are not needed for the ids of the last minutes in which something came."""
    written = {segment: _written(segment.path) for segment in segments_in(directory)}
    latest = max(written.values(), default=0.0)
    return {segment for segment, moment in written.items() if latest - moment > keep_seconds}


def _written(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0
