"""Second factors: a code from a device beside the password, and recovery codes for when the device is gone.

In: a user's number, a code as typed. Out: whether it opens. A factor is first offered (a secret to scan) and counts
once a code has proven that the device has it. A code is good once, also for whoever looked over a shoulder; a recovery
code too, and only its hash is kept. The secret must be kept as it is: the registry's file is private.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from registry.database import Database, count_rows
from registry.tables_staff import recovery_codes, second_factors
from registry.tokens import hash_token
from registry.totp import new_secret, step_that_fits

RECOVERY_CODES = 8
RECOVERY_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without those that look alike: somebody types this from paper."""
RECOVERY_LENGTH = 16
"""79 bits: nothing to guess, so one SHA-256 is enough to keep it."""


class Factors:
    """The facet of second factors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_on(self, user_id: int) -> bool:
        """Say whether a user must show a code."""
        with self._database.read() as connection:
            row = _find(connection, user_id)
        return row is not None and row.confirmed_at is not None

    def recovery_left(self, user_id: int) -> int:
        """Return how many recovery codes are left."""
        with self._database.read() as connection:
            return count_rows(connection, recovery_codes, recovery_codes.c.user_id == user_id)

    def offer(self, user_id: int) -> str | None:
        """Return the secret to scan (the same until it is confirmed), or None when a factor is in force."""
        with self._database.write() as connection:
            row = _find(connection, user_id)
            if row is not None:
                return None if row.confirmed_at else str(row.secret)
            secret = new_secret()
            connection.execute(second_factors.insert().values(user_id=user_id, secret=secret, last_step=0))
        return secret

    def confirm(self, user_id: int, code: str) -> Sequence[str]:
        """Put an offered factor in force and return its recovery codes; none when the code is wrong."""
        now = self._database.now()
        with self._database.write() as connection:
            row = _find(connection, user_id)
            step = None if row is None or row.confirmed_at else step_that_fits(row.secret, code, now)
            if step is None:
                return ()
            mine = second_factors.c.user_id == user_id
            connection.execute(second_factors.update().where(mine).values(confirmed_at=now, last_step=step))
            return _new_codes(connection, user_id)

    def check(self, user_id: int, code: str) -> bool:
        """Say whether a code opens, and spend it: one from the device, or a recovery code."""
        with self._database.write() as connection:
            row = _find(connection, user_id)
            if row is None or row.confirmed_at is None:
                return False
            step = step_that_fits(row.secret, code, self._database.now())
            if step is not None:
                mine = (second_factors.c.user_id == user_id) & (second_factors.c.last_step < step)
                return bool(connection.execute(second_factors.update().where(mine).values(last_step=step)).rowcount)
            spent = (recovery_codes.c.user_id == user_id) & (recovery_codes.c.code_hash == _hashed(user_id, code))
            return bool(connection.execute(recovery_codes.delete().where(spent)).rowcount)

    def drop(self, user_id: int) -> None:
        """Let the password alone be enough again."""
        with self._database.write(forgets=True) as connection:
            connection.execute(recovery_codes.delete().where(recovery_codes.c.user_id == user_id))
            connection.execute(second_factors.delete().where(second_factors.c.user_id == user_id))


def _find(connection: Connection, user_id: int) -> Row[Any] | None:
    return connection.execute(second_factors.select().where(second_factors.c.user_id == user_id)).first()


def _new_codes(connection: Connection, user_id: int) -> Sequence[str]:
    codes = ["".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    connection.execute(recovery_codes.delete().where(recovery_codes.c.user_id == user_id))
    rows = [{"user_id": user_id, "code_hash": _hashed(user_id, code)} for code in codes]
    connection.execute(recovery_codes.insert(), rows)
    return [f"{code[:4]}-{code[4:8]}-{code[8:12]}-{code[12:]}" for code in codes]


def _hashed(user_id: int, code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter in RECOVERY_LETTERS)
    return hash_token(f"{user_id}:{plain}")
