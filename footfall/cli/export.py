"""`footfall export HOST --to DIR` and `footfall import footfall DIR --site HOST`: a site's data out, and in again.

The rows are written and read by the process that holds the store (an order), through a folder in DATA of mode 0700: so
both work beside a running server and without one. What is written is moved to DIR and checked there against its sums.
An export that was cut short goes on where it was; the same folder may be imported any number of times.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import click
import msgspec

from collector.settings import Settings
from collector.spool.disk import make_private
from footfall.cli.awaiting import LONG_SECONDS, await_end, done
from footfall.cli.opening import open_registry, read_settings
from footfall.cli.remarks import remark
from footfall.cli.show import waiting
from footfall.wayout import export as out
from footfall.wayout import load as back
from registry.errors import NotAllowed
from registry.registry import Registry
from registry.site import Site
from registry.sites import COMMAND_LINE


@click.command("export")
@click.argument("host")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path, file_okay=False), help="A new folder.")
@click.option("--reason", default="", help="Why, for the record of who looked.")
def export(host: str, target: Path, reason: str) -> None:
    """Write all that is kept of a site into a folder."""
    settings = read_settings()
    if target.exists() and any(target.iterdir()):
        raise NotAllowed(f"{target} is not empty: name a new folder")
    with open_registry(settings) as registry:
        site = registry.sites.get(host)
        if reason:
            registry.looks.note(COMMAND_LINE, "machine", "machine", "export", site.id, purpose=reason)
        order = registry.orders.file("export_site", {"site_id": site.id}, COMMAND_LINE)
        with waiting(f"exporting {site.host}"):
            done(await_end(settings, registry, order, LONG_SECONDS), "the export")
        manifest = _move(out.folder_of(settings.data, site.id), target)
    for table, rows in manifest.rows.items():
        click.echo(f"{table}: {rows:,} rows")
    click.echo(f"{len(manifest.files) + 2} files in {target}, checked against SHA256SUMS")


def _move(folder: Path, target: Path) -> out.Manifest:
    """Move the finished folder; raise `NotAllowed` when a file is not what it was."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copytree(folder, target, dirs_exist_ok=True)
    target.chmod(0o700)
    manifest = check(target)
    shutil.rmtree(folder)
    return manifest


def check(folder: Path) -> out.Manifest:
    """Read an exported folder's description and check every file; raise `NotAllowed`."""
    try:
        manifest = msgspec.json.decode((folder / "export.json").read_bytes(), type=out.Manifest)
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    except (OSError, msgspec.DecodeError):
        raise NotAllowed(f"{folder} is no export of a Footfall: export.json and SHA256SUMS are not there") from None
    if manifest.format > out.FORMAT:
        raise NotAllowed(f"{folder} was written by a newer Footfall ({manifest.made_by}): update this one")
    for line in lines:
        expected, _, name = line.partition("  ")
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise NotAllowed(f"{folder}: SHA256SUMS names a file outside of it")
        if not (folder / name).is_file() or out.sha256_of(folder / name) != expected:
            raise NotAllowed(f"{folder}: {name} is missing, or not what it was when it was written")
    return manifest


@click.command("footfall")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR")
@click.option("--site", "host", required=True, help="The site that they come to.")
def load(folder: Path, host: str) -> None:
    """Bring in what another Footfall exported."""
    settings = read_settings()
    manifest = check(folder)
    with open_registry(settings) as registry:
        site = registry.sites.get(host)
        _warn(site, manifest)
        _hand_over(settings, registry, site, folder)
    for table, rows in manifest.rows.items():
        if table in back.LOADED:
            click.echo(f"{table}: {rows:,} rows of {manifest.host} are in {site.host}")


def _hand_over(settings: Settings, registry: Registry, site: Site, folder: Path) -> None:
    inner = back.folder_of(settings.data, site.id)
    for table in back.LOADED:
        for file in sorted((folder / table).glob("*.ndjson")):
            make_private(inner / table)
            new = inner / table / f"{file.name}.new"
            shutil.copyfile(file, new)
            os.replace(new, new.with_suffix(""))
    order = registry.orders.file("load_site", {"site_id": site.id}, COMMAND_LINE)
    with waiting(f"loading {site.host}"):
        done(await_end(settings, registry, order, LONG_SECONDS), "the import")
    shutil.rmtree(inner, ignore_errors=True)
    with contextlib.suppress(OSError):
        inner.parent.rmdir()  # unless another site's import waits there


def _warn(site: Site, manifest: out.Manifest) -> None:
    if site.timezone != manifest.timezone:
        remark(
            f"{site.host} is in {site.timezone}, {manifest.host} was in {manifest.timezone}: days are cut "
            f"elsewhere; footfall site set {site.host} timezone={manifest.timezone} gives equal answers"
        )
    remark(f"what is older than {site.retention_days} days is deleted in the next night (retention_days)")
