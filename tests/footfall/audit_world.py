"""A small installation for the self-audit: registry, store, salts and settings, and a yard on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from clickhouse.client import Store
from clickhouse.insert import insert_events
from clickhouse.rows import Event, PlacedEvent, Position
from collector.drain import Drain
from collector.settings import load
from footfall.audit.probe import Probe
from footfall.audit.yard import Yard, yard_on
from registry.looks import Head
from registry.registry import Registry
from registry.salts import Salts, open_salts
from registry.site import Site

NO_SERVER = Probe(why="no server")


@dataclass
class Plant:
    """What a test stands on. `yard()` looks at it as it is at that moment."""

    registry: Registry
    store: Store
    data: Path
    salts: Salts = field(default_factory=lambda: open_salts("memory:", Path("/")))
    word: str = "canary0123456789abcdef"
    seq: int = 0

    def __post_init__(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.settings = load({"FOOTFALL_DATA": str(self.data)})

    def site(self, host: str = "example.com", **settings: str) -> Site:
        return self.registry.sites.add(host, **settings)

    def keep(self, site_id: int, **fields: object) -> None:
        """Put an event into the store, as if the pipeline had let it through."""
        self.seq += 1
        plain: dict[str, object] = {"ts": int(datetime.now(UTC).timestamp() * 1000), "visitor_id": 7,
                                    "name": "pageview", "hostname": "example.com", "path": "/"}  # fmt: skip
        event = Event(site_id=site_id, **{**plain, **fields})  # type: ignore[arg-type]
        insert_events(self.store, [PlacedEvent(event, 1, Position(9, self.seq))], token=f"plant:{self.seq}")

    def yard(self, probe: Probe = NO_SERVER, *, last_head: Head | None = None, logs: tuple[Path, ...] = (),
             is_serving: bool = False) -> Yard:  # fmt: skip
        ground = SimpleNamespace(settings=self.settings, registry=self.registry, store=self.store, salts=self.salts)
        return yard_on(ground, word=self.word, probe=probe, is_serving=is_serving, step=self.step,  # type: ignore[arg-type]
                       last_head=last_head, logs=logs)  # fmt: skip

    def step(self) -> None:
        """Drain what is in the spools, as the server does."""
        spool = self.data / "spool"
        drain = Drain(self.store, sorted(spool.iterdir()) if spool.is_dir() else [])
        try:
            while drain.step():
                pass
        finally:
            drain.close()
