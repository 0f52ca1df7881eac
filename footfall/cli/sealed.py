"""`footfall backup keypair FILE` and `footfall backup open FILE --key KEYFILE --to DIR`: for a removed site's owner.

They need no installation: whoever takes a sealed backup away opens it on a machine of their own, which has to have
the extra `sealed`. The secret key is written to one file (0600) and nowhere else; without it nobody opens the backup.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from footfall.cli.remarks import remark
from footfall.wayout.kept import MISSING, open_kept
from footfall.wayout.sealing import SECRET, NoKey, NotSealed, can_seal, key_of, make_keys
from registry.errors import NotAllowed, WrongState

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=FILE)
def keypair(file: Path) -> None:
    """Make the keys of a backup that only you can open."""
    _need_extra()
    public, secret = make_keys()
    shown = file.with_name(f"{file.name}.public")
    for path, text in ((file, secret), (shown, public)):
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            raise NotAllowed(f"{path} is there already: name a new file") from None
        with os.fdopen(handle, "w") as new:
            new.write(text + "\n")
    click.echo(public)
    remark(f"{shown} is for whoever keeps the backup, {file} for you alone: without it nobody opens the backup")


@click.command("open")
@click.argument("file", type=FILE)
@click.option("--key", type=FILE, required=True, help="The file with the secret key.")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="A folder that is not there yet.")
def open_sealed(file: Path, key: Path, folder: Path) -> None:
    """Open a sealed backup of a site that was removed, with your key."""
    _need_extra()
    if folder.exists():
        raise NotAllowed(f"{folder} is there already: name a new folder")
    try:
        files = open_kept(file, key_of(key.read_text(), SECRET), folder)
    except NoKey as fault:
        raise NotAllowed(f"{key}: {fault}") from None
    except NotSealed as fault:
        raise WrongState(f"{file}: {fault}") from None
    except (OSError, UnicodeDecodeError) as fault:
        told = fault.strerror if isinstance(fault, OSError) else "is no text"
        raise NotAllowed(f"{file if not isinstance(fault, UnicodeDecodeError) else key}: {told}") from None
    click.echo(f"{files} files in {folder}: its README.md says what they are, `sha256sum -c SHA256SUMS` checks them")


def _need_extra() -> None:
    if not can_seal():
        raise NotAllowed(MISSING)
