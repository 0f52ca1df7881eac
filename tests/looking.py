"""Looking at the bytes of files that this process has open elsewhere.

Not a test. `open` and `close` of an SQLite file by hand drop the locks that this process holds on it (POSIX forgets
them all at once), so a registry that is open is looked at by another process.
"""

from __future__ import annotations

import subprocess
from pathlib import Path


def bytes_in(*files: Path) -> bytes:
    """Return what stands in these files, one after the other."""
    return subprocess.run(["cat", "--", *files], check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
