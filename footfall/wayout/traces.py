"""Traces: what lies of a site in DATA beside the store and the registry, and how it goes.

In: DATA, a site's number. Out: names of what was deleted: rows in quarantine, folders of exports and imports, the
notes and the emptied spool of its imports. Called when nothing of the site can arrive any more; repeating it is
harmless. What other sites have there stays as it is.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from collector.drain.quarantine import Quarantine
from footfall.importing.bench import remove_emptied, spool_of
from footfall.wayout import export, load
from footfall.wayout.kept import making_of


def forget_traces(data: Path, site_id: int) -> list[str]:
    """Delete the site's traces; return what there was."""
    gone = []
    for file in sorted((data / "spool").glob("*/quarantine.jsonl")):
        before = file.stat().st_size
        Quarantine(file.parent).drop_sites({site_id})
        if file.stat().st_size < before:
            gone.append("quarantine")
    folders = {"export": export.folder_of(data, site_id), "import": load.folder_of(data, site_id)}
    for name, folder in (folders | {"export to be sealed": making_of(data, site_id)}).items():
        if folder.exists():
            shutil.rmtree(folder)
            gone.append(name)
    notes = data / "imports" / str(site_id)
    if notes.exists():
        notes.unlink()
        gone.append("notes of imports")
    spool = spool_of(data, site_id)
    if spool.is_dir():
        remove_emptied(spool)
        gone.append("spool of imports")
    return sorted(set(gone))
