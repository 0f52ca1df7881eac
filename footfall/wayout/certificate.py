"""Certificates: the proof of a removal, signed, so that a word changed afterwards shows.

In: facts, the installation's key (DATA/certificate.key, made at need, never in a backup of others). Out: the digest
of the facts and an HMAC-SHA256 over it; later, whether a certificate is what it was. Only this installation can
verify: who needs a proof before strangers keeps the digest where they trust it. The host is added for the reader and
not signed.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from footfall.private import secret_in

UNSIGNED = ("site", "digest", "signature")


def digest_of(certificate: dict[str, Any]) -> str:
    """Return the SHA-256 of a certificate's facts: everything but the host, the digest and the signature."""
    facts = {name: value for name, value in certificate.items() if name not in UNSIGNED}
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()


def signed(facts: dict[str, Any], key: bytes | None) -> dict[str, Any]:
    """Return facts with their digest, and their signature where there is a key."""
    digest = digest_of(facts)
    return {**facts, "digest": digest} | ({"signature": _signature(digest, key)} if key else {})


def is_genuine(certificate: dict[str, Any], key: bytes) -> bool:
    """Say whether this installation signed it, and nothing was changed since."""
    digest, signature = certificate.get("digest"), certificate.get("signature")
    if not isinstance(digest, str) or not isinstance(signature, str):
        return False
    is_whole = hmac.compare_digest(digest, digest_of(certificate))
    return is_whole and hmac.compare_digest(signature, _signature(digest, key))


def key_in(data: Path) -> bytes:
    """Read the key of this installation; make it the first time."""
    return secret_in(data / "certificate.key")


def moment_text(moment: datetime) -> str:
    """Write a moment as certificates have it: RFC 3339, to the second, in UTC."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _signature(digest: str, key: bytes) -> str:
    return hmac.new(key, b"footfall-certificate-v1:" + digest.encode(), hashlib.sha256).hexdigest()
