"""Registry: one open database and its facets; the only thing other rooms hold.

    registry = Registry.open("sqlite:////var/lib/footfall/registry.sqlite")
    registry.sites  registry.users  registry.keys  registry.sessions  registry.setup  registry.orders  registry.goals

Opening brings the tables to this release's version. Every facet method is one transaction, blocks for as long as the
database takes, and may be called from any thread. Errors are those of errors.py; each is one sentence for a person.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

from registry import tables
from registry.annotations import Annotations
from registry.audits import Audits
from registry.consents import Consents
from registry.database import Clock, Database, open_database, utc_now, version_of
from registry.dump import count_site, dump_site
from registry.factors import Factors
from registry.features import Features
from registry.funnels import Funnels
from registry.goals import Goals
from registry.holds import Holds
from registry.keeping import Keeping
from registry.keys import Keys
from registry.looks import Looks
from registry.orders import Orders
from registry.partings import Partings
from registry.peppers import Peppers
from registry.props import Props
from registry.requests import Requests
from registry.segments import Segments
from registry.sessions import Sessions
from registry.setup import Setup
from registry.shares import Shares
from registry.site import Site
from registry.sites import Sites
from registry.users import Users


class Registry:
    """Who may send, who may look, what was asked of us."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.sites = Sites(database)
        self.users = Users(database)
        self.keys = Keys(database)
        self.sessions = Sessions(database)
        self.setup = Setup(database)
        self.orders = Orders(database)
        self.goals = Goals(database)
        self.holds = Holds(database)
        self.keeping = Keeping(database)
        self.partings = Partings(database)
        self.features = Features(database)
        self.funnels = Funnels(database)
        self.annotations = Annotations(database)
        self.segments = Segments(database)
        self.props = Props(database, self.sites)
        self.peppers = Peppers(database)
        self.consents = Consents(database)
        self.looks = Looks(database)
        self.requests = Requests(database)
        self.shares = Shares(database)
        self.factors = Factors(database)
        self.audits = Audits(database)

    @classmethod
    def open(cls, url: str, *, clock: Clock = utc_now) -> Registry:
        """Open the registry at `url` and migrate it if need be; raise `NotAllowed` or `RegistryAway`."""
        database = open_database(url, clock)
        try:
            migrate_if_needed(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def dump(self, site_id: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield each table's rows of a site, without secrets, for its owner to take along."""
        return dump_site(self._database, site_id)

    def rows_of_site(self, site_id: int) -> Iterator[tuple[str, int]]:
        """Yield how many rows of a site each table holds."""
        return count_site(self._database, site_id)

    def now(self) -> datetime:
        """Return the time by the registry's clock."""
        return self._database.now()

    def revision(self) -> int:
        """Return a number that grows with every change to sites; one short query."""
        return self.sites.revision()

    def sites_and_peppers(self) -> tuple[Sequence[Site], Mapping[int, bytes]]:
        """Return every site, by host, and the pepper of each; one that is missing is made."""
        return self.sites.list(), self.peppers.all()

    def tidy(self) -> None:
        """Let the database's log keep nothing of what was deleted; a server calls it about once a second."""
        self._database.forget()

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def migrate_if_needed(database: Database) -> list[str]:
    """Bring the tables to this release; return the versions applied (most often none)."""
    with database.read() as connection:
        if version_of(connection) == tables.VERSION:
            return []
    # By name, not at the top: Alembic would cost every start 0.1 s and 11 MB for a thing of once a release.
    applied: list[str] = importlib.import_module("registry.migrate").migrate(database)
    return applied
