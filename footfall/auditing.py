"""Auditing: makes the self-audit in the process that holds the store, once a night and whenever an order asks for it.

In: the open ground. Out: a signed report in the registry. The nightly one follows the night's retention, so that its
proofs are fresh; it is an order like that of `footfall audit`, so two never run at once. Only the server's own address,
or one that somebody typed, is ever asked.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from footfall.audit.checks import run_checks
from footfall.audit.http import Door, Unreachable
from footfall.audit.probe import Probe, look
from footfall.audit.report import head_of, keep, signed_report
from footfall.audit.yard import yard_on
from footfall.house import Ground
from footfall.retention import NOBODY, night_of
from footfall.wayout.certificate import key_in
from footfall.whereabouts import own_address
from registry.registry import Registry

SETTLING = timedelta(minutes=15)
"""A server that has just started has other things to do, and may be stopped again at once."""
NO_SERVER = "no server runs on this installation, and no address was given with --live"


class Auditor:
    """Makes audits on a ground. `serves`: this process, or its workers, answer requests."""

    def __init__(self, ground: Ground, *, serves: bool, step: Callable[[], object] = lambda: None) -> None:
        self._ground = ground
        self._serves = serves
        self._step = step

    def audit(self, args: Mapping[str, Any]) -> int:
        """Make an audit and keep it; return its number. Raises StoreError, RegistryError."""
        ground = self._ground
        word = f"canary{secrets.token_hex(10)}"
        began = datetime.now(UTC)
        yard = yard_on(
            ground,
            word=word,
            probe=self._probe(args.get("live", ""), word),
            is_serving=self._serves,
            step=self._step,
            last_head=head_of(ground.registry.audits.last()),
            logs=tuple(Path(name) for name in args.get("logs", ())),
        )
        done = list(run_checks(yard))
        report = signed_report(done, began, ground.registry.looks.head(), key_in(ground.settings.data))
        return keep(ground.registry.audits, report, began).id

    def _probe(self, live: str, word: str) -> Probe:
        base = live or (own_address(self._ground.settings.listen) if self._serves else "")
        if not base:
            return Probe(why=NO_SERVER)
        door = Door(base)
        try:
            door.ask("GET", "/healthz")
        except Unreachable as error:
            return Probe(why=f"{base}: {error}", base=base)
        ground = self._ground
        return look(door, ground.registry, ground.store, ground.salts, word)


class NightlyAudit:
    """Orders an audit once a day, when the night's retention is proved."""

    def __init__(self, registry: Registry, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._registry = registry
        self._clock = clock
        self._since = clock()
        self._ordered: date | None = None

    def work(self) -> None:
        """Order one, if it is time. Raises RegistryError."""
        now = self._clock()
        night = night_of(now, "UTC")
        if self._ordered == night or now - self._since < SETTLING:
            return
        proof, last = self._registry.keeping.last_proof(NOBODY), self._registry.audits.last()
        if proof is None or proof.night != night:
            return
        if last is None or night_of(last.at, "UTC") != night:
            self._registry.orders.file("audit", {"live": "", "logs": []}, "calendar")
        self._ordered = night
