"""Receipts on their way to the visitor: in the address of the page that shows one, and as a file to keep.

In: a `Receipt` of the rights' machinery. Out: text for an address, and back; JSON for a file. Nothing is stored here:
the address carries the receipt, and a seal of this installation, so that no link can show a made-up one.
The receipt's own signature (`sig`) is the machinery's; the seal only guards the way.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import msgspec

from collector.privacy.say import Receipt

MAX_SEALED = 2000
_PURPOSE = b"footfall receipt"


def seal(receipt: Receipt, secret: bytes) -> str:
    """Return the receipt as text that fits an address."""
    body = base64.urlsafe_b64encode(msgspec.json.encode(receipt)).rstrip(b"=")
    return f"{body.decode()}.{_mac(body, secret)}"


def unseal(sealed: str, secret: bytes) -> Receipt | None:
    """Return the receipt in `sealed`, or None when it is not one that we gave."""
    body, _, mac = sealed.partition(".")
    if len(sealed) > MAX_SEALED or not sealed.isascii() or not hmac.compare_digest(mac, _mac(body.encode(), secret)):
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Receipt)
    except (binascii.Error, msgspec.DecodeError):
        return None


def document(receipt: Receipt) -> bytes:
    """Return the receipt as a file for people and programs."""
    return msgspec.json.format(msgspec.json.encode(receipt), indent=2) + b"\n"


def _mac(body: bytes, secret: bytes) -> str:
    return hashlib.blake2b(_PURPOSE + body, key=secret[:64], digest_size=16).hexdigest()
