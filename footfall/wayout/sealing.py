"""Sealing: encrypts a stream so that only the holder of a secret key can read it, and opens it again.

In: bytes in any pieces, the public key of whoever shall read them. Out: a header (our name, a public key made for this
file alone), then pieces of 64 KiB, each with its number and a mark on the last one: a piece that is changed, moved,
missing or cut off is noticed. X25519, HKDF-SHA256, ChaCha20-Poly1305 (docs/way-out.md has every byte). The secret key
of the file is forgotten when it is written: whoever sealed it cannot open it. Needs the extra `sealed`, loaded at need
(9 MB). It knows nothing of what it seals.
"""

from __future__ import annotations

import base64
import binascii
import importlib.util
import io
from typing import IO, Any

MAGIC = b"footfall sealed 1\n"
KEY_BYTES = 32
PIECE = 64 * 1024
TAG_BYTES = 16
PUBLIC, SECRET = "footfall-public-1", "footfall-secret-1"
"""What a key's text begins with, so that nobody hands over the wrong one."""


class NotSealed(Exception):
    """What was read is no sealed file, was sealed for another key, or was changed; one sentence."""


class NoKey(ValueError):
    """A text is not a key of ours; one sentence."""


def can_seal() -> bool:
    """Say whether the extra is installed."""
    return importlib.util.find_spec("cryptography") is not None


def make_keys() -> tuple[str, str]:
    """Return a new pair of keys as texts of one line: the public one, the secret one."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    secret = X25519PrivateKey.generate()
    return _text(PUBLIC, secret.public_key().public_bytes_raw()), _text(SECRET, secret.private_bytes_raw())


def key_of(text: str, kind: str) -> bytes:
    """Read a key from its text. Raises NoKey."""
    words = text.split()
    if len(words) == 2 and words[0] == kind:
        try:
            key = base64.b64decode(words[1], altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) == KEY_BYTES:
            return key
    raise NoKey(f"this is no key: it is one line that begins with {kind}, as `footfall backup keypair` writes it")


def check_public(text: str) -> None:
    """Raise NoKey unless a text is a public key that can seal something."""
    Sealer(io.BytesIO(), key_of(text, PUBLIC))


class Sealer:
    """A stream to write to; `close` ends the file. What is not closed cannot be opened."""

    def __init__(self, target: IO[bytes], public: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

        once = X25519PrivateKey.generate()
        shown = once.public_key().public_bytes_raw()
        try:
            shared = once.exchange(X25519PublicKey.from_public_bytes(public))
        except ValueError:
            raise NoKey("this public key can seal nothing: make a new pair with `footfall backup keypair`") from None
        self._target = target
        self._cipher = _cipher(shared, shown, public)
        self._number = 0
        self._held = bytearray()
        self._is_closed = False
        target.write(MAGIC + shown)

    def write(self, data: bytes) -> int:
        self._held += data
        # The last piece is only known when there is no other: a full one is held back until then.
        while len(self._held) > PIECE:
            self._put(bytes(self._held[:PIECE]), is_last=False)
            del self._held[:PIECE]
        return len(data)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._put(bytes(self._held), is_last=True)

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), piece, None))
        self._number += 1


class Opener(io.RawIOBase):
    """A sealed stream, to be read. Raises NotSealed at the first piece that is not what was written."""

    def __init__(self, source: IO[bytes], secret: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

        head = source.read(len(MAGIC) + KEY_BYTES)
        if len(head) != len(MAGIC) + KEY_BYTES or not head.startswith(MAGIC):
            raise NotSealed("this is no sealed backup of a Footfall")
        shown, mine = head[len(MAGIC) :], X25519PrivateKey.from_private_bytes(secret)
        try:
            shared = mine.exchange(X25519PublicKey.from_public_bytes(shown))
        except ValueError:
            raise NotSealed("the head of this file was changed") from None
        self._source = source
        self._cipher = _cipher(shared, shown, mine.public_key().public_bytes_raw())
        self._number = 0
        self._next = source.read(PIECE + TAG_BYTES)
        self._held = memoryview(b"")
        self._is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._held and not self._is_over:
            self._held = memoryview(self._take())
        taken = self._held[: len(target)]
        target[: len(taken)] = taken
        self._held = self._held[len(taken) :]
        return len(taken)

    def _take(self) -> bytes:
        from cryptography.exceptions import InvalidTag

        piece, self._next = self._next, self._source.read(PIECE + TAG_BYTES)
        self._is_over = not self._next
        try:
            plain: bytes = self._cipher.decrypt(_nonce(self._number, is_last=self._is_over), piece, None)
        except InvalidTag:
            told = "this key does not open it, or it was changed" if not self._number else "it was cut off or changed"
            raise NotSealed(f"{told}: nothing was kept of it") from None
        self._number += 1
        return plain


def _cipher(shared: bytes, shown: bytes, public: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(SHA256(), KEY_BYTES, salt=shown + public, info=MAGIC.strip()).derive(shared)
    return ChaCha20Poly1305(derived)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _text(kind: str, key: bytes) -> str:
    return f"{kind} {base64.urlsafe_b64encode(key).decode()}"
