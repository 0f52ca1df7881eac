"""The form token: proof that “Allow again” was pressed on our page within the last hour.

In: a secret of this installation and the time. Out: `<issued>.<mac>`; the same for every visitor in the same second, so
it identifies nobody. Nothing is stored. Declining needs no token: forging it would only protect the visitor.
"""

from __future__ import annotations

import hashlib
import hmac

GOOD_SECONDS = 3600
_PURPOSE = b"footfall allow again"


def make_token(secret: bytes, now: int) -> str:
    """Return a token issued at `now` (seconds)."""
    return f"{now}.{_mac(secret, str(now))}"


def is_good(token: str, secret: bytes, now: int) -> bool:
    """Say whether this is a token of ours that has not run out."""
    issued, _, mac = token.partition(".")
    if not (issued.isascii() and issued.isdigit()) or len(issued) > 12 or not mac.isascii():
        return False
    is_ours = hmac.compare_digest(mac, _mac(secret, issued))
    return is_ours and 0 <= now - int(issued) <= GOOD_SECONDS


def _mac(secret: bytes, issued: str) -> str:
    return hashlib.blake2b(_PURPOSE + issued.encode(), key=secret[:64], digest_size=16).hexdigest()
