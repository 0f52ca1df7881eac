"""Secrets that are shown once and kept as a hash: sign-in tokens, API keys, the setup token.

A token has 256 bits from the operating system, so one SHA-256 is enough to keep it: there is nothing to guess.
(Passwords are another matter, see users.py.) Nothing here stores, logs or compares in plain.
"""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """Return a fresh secret of 43 characters that may stand in a URL, a cookie or a header."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Return what is stored in place of `token`: 64 hex characters."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
