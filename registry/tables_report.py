"""Tables of the registry about what a product team adds to its report.

They share `metadata`, times and keys with tables.py; a test compares them with what the migrations build.
What must die with a site hangs on it by a cascading foreign key.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, Index, Integer, String, Table, UniqueConstraint

from registry.tables import Instant, metadata, of_site

funnels = Table(
    "funnels",
    metadata,
    Column("id", Integer, primary_key=True),
    of_site(),
    Column("name", String, nullable=False),
    Column("within", String, nullable=False),  # visit, day
    Column("steps", JSON, nullable=False),  # [[kind, pattern], …], kind: page, feature, goal
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("site_id", "name"),
)

declared_features = Table(
    "declared_features",
    metadata,
    Column("id", Integer, primary_key=True),
    of_site(),
    Column("name", String, nullable=False),  # as the page tells it
    Column("about", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("site_id", "name"),
)

annotated = Table(
    "annotations",
    metadata,
    Column("id", Integer, primary_key=True),
    of_site(),
    Column("day", Date, nullable=False),  # on the site's own calendar
    Column("text", String, nullable=False),
    Column("created_by", String, nullable=False),  # e-mail address of the user, or `command line`
    Column("created_at", Instant, nullable=False),
    Index(None, "site_id"),
)

segments = Table(
    "segments",
    metadata,
    Column("id", Integer, primary_key=True),
    of_site(),
    Column("name", String, nullable=False),
    Column("filters", JSON, nullable=False),  # each as the query string has it
    Column("created_by", String, nullable=False),  # e-mail address of the user, or `command line`
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("site_id", "name"),
)
