"""Kept: the backup that a site's owner wanted when the site was removed, sealed with a key of their own.

In: an instruction (registry.partings), the store, DATA. Out: `DATA/kept/<site's number>.sealed`, the whole export as a
tar, which nobody here can open; what the certificate says of it; its end, on the day after `keep_until`. The export
lies in DATA in plain for as long as sealing takes, like the rows themselves. Every step may be repeated. Opening it is
for whoever has the secret key, anywhere (`open_kept`).
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, cast

from clickhouse.client import Store
from clickhouse.faults import StoreError
from collector.spool.disk import make_private, sync_directory
from footfall.wayout.certificate import moment_text
from footfall.wayout.export import export_site, sha256_of
from footfall.wayout.sealing import PUBLIC, NotSealed, Opener, Sealer, can_seal, key_of
from registry.orders import Order, Orders
from registry.partings import Parting
from registry.registry import Registry
from registry.site import Site

MISSING = "a sealed backup needs the package cryptography: pip install 'footfall[sealed]'"


def file_of(data: Path, site_id: int) -> Path:
    """Name the sealed backup that a site left; its number is never given again."""
    return data / "kept" / f"{site_id}.sealed"


def making_of(data: Path, site_id: int) -> Path:
    """Name the folder in which the export to be sealed is made."""
    return data / "parting" / str(site_id)


def keep_sealed(store: Store, registry: Registry, site: Site, parting: Parting, data: Path) -> bool:
    """Go on with exporting and sealing for some seconds; True: the sealed file is there. Raises StoreError, OSError."""
    file, folder = file_of(data, site.id), making_of(data, site.id)
    if not file.exists():
        if not can_seal():
            raise StoreError(MISSING)
        if not export_site(store, registry, site, folder):
            return False
        seal(folder, file, parting.public_key)
    if folder.exists():
        shutil.rmtree(folder)
    return True


def seal(folder: Path, file: Path, public_key: str) -> None:
    """Write a folder into a sealed file, which is there as a whole or not at all."""
    make_private(file.parent)
    new = file.with_name(f"{file.name}.new")
    handle = os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as target:
        with (
            closing(Sealer(target, key_of(public_key, PUBLIC))) as sealer,
            tarfile.open(fileobj=cast(IO[bytes], sealer), mode="w|gz") as tar,
        ):
            tar.add(folder, arcname=".")
        target.flush()
        os.fsync(target.fileno())
    os.replace(new, file)
    sync_directory(file.parent)


def told_of(data: Path, site_id: int, parting: Parting) -> dict[str, Any]:
    """Say in a certificate what is kept, of which nobody here can read a byte."""
    file = file_of(data, site_id)
    return {
        "kept_until": parting.keep_until.isoformat(),
        "file": f"kept/{file.name}",
        "bytes": file.stat().st_size,
        "sha256": sha256_of(file),
        "public_key_sha256": hashlib.sha256(parting.public_key.encode()).hexdigest(),
        "instructed_at": moment_text(parting.instructed_at),
    }


def ended(orders: Orders) -> dict[int, Order]:
    """Return which kept backups have ended: the number of the site -> the order that ended it."""
    return {order.args["site_id"]: order for order in orders.ended("end_backup")}


def overdue(registry: Registry, data: Path) -> Iterator[Order]:
    """Return the removals whose kept backup has to end."""
    if not (data / "kept").is_dir():
        return
    gone, today = ended(registry.orders), registry.now().date()
    for removal in registry.orders.removals():
        kept = removal.result.get("kept_backup")
        if kept and removal.args["site_id"] not in gone and date.fromisoformat(kept["kept_until"]) < today:
            yield removal


def end_backup(data: Path, order: Order) -> dict[str, Any]:
    """Delete a kept backup; return what is noted of that."""
    file = file_of(data, order.args["site_id"])
    was_there = file.exists()
    file.unlink(missing_ok=True)
    if file.parent.is_dir():
        sync_directory(file.parent)
        with suppress(OSError):
            file.parent.rmdir()  # only where no other is kept
    return {"deleted_at": moment_text(datetime.now(UTC)), "was_there": was_there}


def open_kept(file: Path, secret: bytes, folder: Path) -> int:
    """Write what is in a sealed file into a new folder; return how many files. Raises NotSealed; then nothing stays."""
    new = folder.with_name(f"{folder.name}.new")
    try:
        make_private(new)
        with file.open("rb") as source, io.BufferedReader(Opener(source, secret)) as plain:
            with tarfile.open(fileobj=plain, mode="r|gz") as tar:
                tar.extractall(new, filter="data")
            plain.read()
        os.replace(new, folder)
    except (tarfile.TarError, EOFError) as fault:
        raise NotSealed(f"what is in it is no backup of a Footfall ({type(fault).__name__})") from None
    finally:
        if new.exists():
            shutil.rmtree(new)
    return sum(path.is_file() for path in folder.rglob("*"))
