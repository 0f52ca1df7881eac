"""PostgreSQL databases that tests use one after another: making and dropping one costs twenty times what emptying does.

Not a test. They wait on a shelf (../shelf.py). In: a server, a database to copy. Out: `lend()`, the URL of a database
as new: the rows of the template and no others, numbers counted from the start. One whose tables, triggers or indexes a
test changed, or that cannot be emptied at once, is dropped and lent to nobody again.
"""

from __future__ import annotations

from contextlib import ExitStack

from registry_world import database_on
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

LOOKS = (
    "select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns"
    " where table_schema = 'public' order by 1, 2",
    "select tgrelid::regclass::text, tgname, tgenabled from pg_trigger where not tgisinternal order by 1, 2",
    "select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1",
)
ALONE = "set local lock_timeout = '2s'; set local session_replication_role = replica"
"""No trigger fires, keys to other tables are not looked at, and nobody is waited for."""
TABLES = "select tablename from pg_tables where schemaname = 'public' order by 1"
SEQUENCES = "select sequencename, last_value from pg_sequences where schemaname = 'public' order by 1"


class LentDatabase:
    """One database, and what it looked like when it was new."""

    def __init__(self, server: str, template: str) -> None:
        self._stack = ExitStack()
        self.url = self._stack.enter_context(database_on(server, template))
        self._engine = create_engine(self.url)
        self._stack.callback(self._engine.dispose)
        with self._engine.connect() as connection:
            self._new = _looks(connection)
            self._tables = [name for (name,) in connection.execute(text(TABLES))]
            self._sequences = [tuple(row) for row in connection.execute(text(SEQUENCES))]
            self._rows = {name: [dict(row) for row in _all(connection, name)] for name in self._tables}
        self._engine.dispose()

    def lend(self) -> str:
        return self.url

    def is_as_new(self) -> bool:
        """Put the template's rows in place of all others; return whether nothing else differs."""
        try:
            with self._engine.begin() as connection:
                connection.exec_driver_sql(ALONE)
                if _looks(connection) != self._new:
                    return False
                connection.exec_driver_sql("; ".join(self._emptying()))
                for name, rows in self._rows.items():
                    for row in rows:
                        places = ", ".join(f":{column}" for column in row)
                        connection.execute(text(f'insert into "{name}" ({", ".join(row)}) values ({places})'), row)
        except DBAPIError:
            return False
        finally:
            self._engine.dispose()
        return True

    def drop(self) -> None:
        self._stack.close()

    def _emptying(self) -> list[str]:
        numbers = [
            f"select setval('{name}', {last or 1}, {'true' if last else 'false'})" for name, last in self._sequences
        ]
        return [f'delete from "{name}"' for name in self._tables] + numbers


def _looks(connection: Connection) -> list[list[tuple[object, ...]]]:
    return [[tuple(row) for row in connection.execute(text(asked))] for asked in LOOKS]


def _all(connection: Connection, table: str) -> list[dict[str, object]]:
    return [dict(row) for row in connection.execute(text(f'select * from "{table}"')).mappings()]
