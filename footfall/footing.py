"""The footing: what every process that receives events stands on, and nothing that a hand does without.

In: settings, and the registry or its read side. Out: the sites, the salts, the tools of the bridge and a spool. What
cannot be opened raises the error of its room, which the command line turns into one line.
Nothing heavy may be imported here: no store, no database beyond the read side, no pages (a test looks at a hand).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from collector.distill import Tools, open_tools
from collector.distill.tools import LISTS_FILE
from collector.distill.visitor import Pepper
from collector.settings import Settings, SettingsError
from collector.spool import Spool
from registry.reading import open_reading
from registry.salts import Salts, open_salts
from registry.snapshot import Snapshot, Source


class Footing(msgspec.Struct, frozen=True, kw_only=True):
    """What every process has open."""

    settings: Settings
    snapshot: Snapshot
    salts: Salts


class Hand(Footing, frozen=True, kw_only=True):
    """Footing with what receives events, and no store: that is open in another process."""

    tools: Tools
    spool: Spool
    spool_directory: Path


def footing_on(settings: Settings, registry: Source) -> Footing:
    """Open sites and salts."""
    salts = open_salts(settings.salts, settings.data)
    return Footing(settings=settings, snapshot=Snapshot(registry), salts=salts)


@contextlib.contextmanager
def open_hand(settings: Settings, number: int) -> Iterator[Hand]:
    """Open what hand `number` needs; the house it belongs to holds the lock and the store."""
    with open_reading(settings.registry_url()) as registry:
        footing = footing_on(settings, registry)
        with receiving_on(footing, number) as receiving:
            yield Hand(**parts_of(footing), **receiving)


@contextlib.contextmanager
def receiving_on(footing: Footing, number: int) -> Iterator[dict[str, Any]]:
    """Open spool `number` and the tools of the bridge: the fields that whoever receives has beside its footing."""
    tools = open_bridge(footing.settings, footing.salts, footing.snapshot.pepper)
    directory = footing.settings.data / "spool" / str(number)
    with contextlib.closing(Spool.open(directory)) as spool:
        yield {"tools": tools, "spool": spool, "spool_directory": directory}


def parts_of(ground: Footing) -> dict[str, Any]:
    """Return an open part's fields, to build the next on them. Not a copy: what is open stays one."""
    return {name: getattr(ground, name) for name in ground.__struct_fields__}


def open_bridge(settings: Settings, salts: Salts, pepper: Pepper = lambda _site_id: b"") -> Tools:
    """Open the tools of the bridge. Raises SettingsError for a file of the operator's that cannot be read."""
    geo = settings.geo
    try:
        return open_tools(salts.today, geo, settings.data, pepper)
    except (OSError, RuntimeError) as error:
        told = error.strerror if isinstance(error, OSError) else "not a file in MaxMind's format"
        way = f"FOOTFALL_GEO: cannot read {geo}" if geo else f"cannot read what updates brought to {settings.data}"
        raise SettingsError(f"{way} ({told})") from None
    except (ValueError, KeyError, AttributeError):
        file = settings.data / LISTS_FILE
        raise SettingsError(f"{file} is not a table of sources: `footfall lists update` makes a new one") from None
