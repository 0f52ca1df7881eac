"""Setup: how the first owner comes in. There is no default password; there is a token that is printed once.

In: the token, an address, a password. Out: the first `User`, owner of everything. A token is good once, only while
nobody owns everything, and only until the next one is made; it is kept as a hash. Two people who hold it at the
same moment cannot both win: the check and the user are one transaction.
"""

from __future__ import annotations

from sqlalchemy import func, select

from registry import tables
from registry.database import Conflict, Database
from registry.errors import NotAllowed
from registry.passwords import Passwords
from registry.tokens import hash_token, new_token
from registry.users import User, checked_email, insert_user


class Setup:
    """The facet of the first run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_needed(self) -> bool:
        """Say whether nobody owns everything: before the first run, or when the last owner is gone."""
        with self._database.read() as connection:
            return connection.scalar(_HOW_MANY_OWNERS) == 0

    def make_token(self) -> str:
        """Return a fresh token; every earlier one is worthless from now on."""
        token = new_token()
        with self._database.write() as connection:
            connection.execute(tables.setup_tokens.delete())
            row = {"token_hash": hash_token(token), "created_at": self._database.now()}
            connection.execute(tables.setup_tokens.insert().values(row))
        return token

    def is_valid(self, token: str) -> bool:
        """Say whether `token` would be taken now; spends nothing."""
        mine = tables.setup_tokens.select().where(tables.setup_tokens.c.token_hash == hash_token(token))
        with self._database.read() as connection:
            return connection.execute(mine).first() is not None and connection.scalar(_HOW_MANY_OWNERS) == 0

    def redeem(self, token: str, email: str, password: str) -> User:
        """Create the first owner; raise `NotAllowed` for a spent or wrong token, a bad address or password."""
        address, hashed = checked_email(email), Passwords().hash(password)
        mine = tables.setup_tokens.c.token_hash == hash_token(token)
        try:
            with self._database.write() as connection:
                spent = connection.execute(tables.setup_tokens.delete().where(mine)).rowcount
                if not spent or connection.scalar(_HOW_MANY_OWNERS):
                    raise NotAllowed("this setup link is spent; restart `footfall serve` for a new one, or sign in")
                user = insert_user(connection, address, hashed, self._database.now())
                connection.execute(tables.grants.insert().values(user_id=user.id, role="owner"))
        except Conflict:
            raise NotAllowed(f"{address} is here already: take another address") from None
        return user


_OWNERS = (tables.grants.c.role == "owner") & tables.grants.c.site_id.is_(None)
_HOW_MANY_OWNERS = select(func.count()).select_from(tables.grants).where(_OWNERS)
