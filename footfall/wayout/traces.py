"""Traces: what lies of a site in DATA beside the store and the registry, and how it goes.

In: DATA, a site's number, which names are its hosts. Out: names of what was deleted: rows in quarantine, folders of
exports and imports, the notes and the emptied spool of its imports; and what its visitors had erased leaves the book
for backups, because restoring one removes the site again. Called when nothing of the site can arrive any more;
repeating it is harmless. What other sites have there stays as it is.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from collector.drain.quarantine import Quarantine
from collector.spool.wipe import IsName, no_name
from footfall.importing.bench import remove_emptied, spool_of
from footfall.wayout import export, load
from footfall.wayout.kept import making_of
from footfall.wayout.remembered import book_in


def forget_traces(data: Path, site_id: int, is_its_host: IsName = no_name) -> list[str]:
    """Delete the site's traces; return what there was."""
    gone = []
    book_in(data).forget_site(site_id)
    for file in sorted((data / "spool").glob("*/quarantine.jsonl")):
        before = file.stat().st_size
        quarantine = Quarantine(file.parent)
        quarantine.drop_sites({site_id})
        quarantine.drop_names(is_its_host)
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
