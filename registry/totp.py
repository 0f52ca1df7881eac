"""Time-based one-time codes as authenticator programs show them: RFC 6238 over RFC 4226, SHA-1, 6 digits, 30 seconds.

In: a secret in base 32, a code as typed, the clock. Out: the step of time that the code belongs to, or None. A code of
the step before or after is taken too: clocks differ. Pure; that a code is good once is kept by factors.py.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
"""As long as the hash of SHA-1, as RFC 4226 section 4 asks."""


def new_secret() -> str:
    """Return a fresh secret of 32 characters."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """Return the code of a step (RFC 4226 section 5.3)."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def step_that_fits(secret: str, code: str, now: datetime) -> int | None:
    """Return the step of a code that is right now, or None."""
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdigit()):
        return None
    here = step_of(now)
    fitting = [step for step in (here - 1, here, here + 1) if hmac.compare_digest(code_at(secret, step), typed)]
    return fitting[-1] if fitting else None


def address_of(secret: str, email: str, issuer: str = "Footfall") -> str:
    """Return the `otpauth:` address that a program reads from a picture."""
    return f"otpauth://totp/{quote(issuer)}:{quote(email)}?secret={secret}&issuer={quote(issuer)}"
