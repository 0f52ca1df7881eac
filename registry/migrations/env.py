"""Where Alembic begins: it takes the open connection that `registry/migrate.py` hands over, and runs on it.

There is no alembic.ini, no address of a database and no logging set-up here: a user of Footfall never runs Alembic
itself. Everything happens in the caller's transaction, so a failed migration leaves nothing behind.
"""

from __future__ import annotations

from alembic import context

from registry.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
