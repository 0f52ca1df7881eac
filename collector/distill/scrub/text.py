"""Text: decode, clean, and hide what must not be kept, in a value of any origin.

In: any string. Out: at most `limit` characters, printable, normalised (NFC), detectors applied.
Invariants: no NUL, control, format, surrogate, private or unassigned character comes out; work is bounded, because at
most 2,048 characters are looked at.
Whitespace controls become a blank: gluing two lines together would hide a number from its detector.
"""

from __future__ import annotations

import re
import unicodedata

from collector.distill.scrub.detectors import CERTAIN, LIKELY, Detector, hide

LONGEST = 2048
"""Characters looked at: the worst hostile input then costs a few milliseconds; without a cap it cost 160."""
EVERYTHING = CERTAIN + LIKELY

_ROUNDS = 3
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
SHORTEST_FIND = 7
"""Letters and digits alone are looked at by the detectors from here on: an id has seven digits."""
SHORT = 100
# Words of at most 15 letters with single blanks between them: too short and too plain for any detector.
_PLAIN = re.compile(r"[A-Za-z]{1,15}(?: [A-Za-z]{1,15})*")
_BLANKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]")


def scrub(value: str, limit: int = 300) -> str:
    """Make a free text fit to keep."""
    if len(value) < SHORTEST_FIND and value.isascii() and value.isalnum():
        return value[:limit]
    if len(value) <= SHORT and _PLAIN.fullmatch(value):
        return value[:limit].strip()
    return hide(readable(value), EVERYTHING)[:limit].strip()


def readable(value: str) -> str:
    """Cap, decode and clean; what is still encoded after three rounds becomes `[encoded]`."""
    return clean(decode(clean(cap(value))))


def cap(value: str) -> str:
    """Cut at 2,048 characters, back to a whole word: half an e-mail address is one no detector knows."""
    if len(value) <= LONGEST:
        return value
    head = value[:LONGEST].rpartition(" ")[0]
    return head or "[long]"


def clean(value: str) -> str:
    """Drop what cannot be seen, normalise the rest."""
    if value.isascii() and value.isprintable():
        return value
    if not value.isprintable():
        value = _BLANKS.sub(" ", value)
        value = "".join(map(_seen, value))
    return unicodedata.normalize("NFC", value)


def _seen(sign: str) -> str:
    """Leave a character as it is, make any blank the ordinary one, and drop what has no shape."""
    if sign.isprintable():
        return sign
    return " " if unicodedata.category(sign) == "Zs" else ""


def decode(value: str) -> str:
    """Percent-decode up to three times."""
    for _ in range(_ROUNDS):
        plain = decode_once(value)
        if plain == value:
            return value
        value = plain
    return "[encoded]" if decode_once(value) != value else value


def decode_once(value: str) -> str:
    return _ENCODED.sub(_decoded, value) if "%" in value else value


def _decoded(found: re.Match[str]) -> str:
    """Decode one run of escapes as UTF-8; bytes that are none stay as they were written (`%balle%` is a campaign)."""
    escapes = found[0]
    raw = bytes.fromhex(escapes.replace("%", ""))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        parts = (chr(byte) if byte < 0x80 else escapes[3 * at : 3 * at + 3] for at, byte in enumerate(raw))
        return "".join(parts)


__all__ = ["CERTAIN", "EVERYTHING", "Detector", "cap", "clean", "decode", "hide", "readable", "scrub"]
