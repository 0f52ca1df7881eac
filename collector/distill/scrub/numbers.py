"""Numbers that name someone: payment cards, bank accounts, telephones, and long bare numbers.

In: text. Out: the text with `[card]`, `[iban]`, `[phone]`, `[id]` in their places.
A check digit decides wherever the number has one (Luhn for cards, mod 97 for IBANs): prices, dates and versions stay.
"""

from __future__ import annotations

import re
from itertools import accumulate

_CARD_RUN = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,}(?!\d)")
_CARD_LENGTHS = range(13, 20)
"""Digits of a primary account number (ISO/IEC 7812)."""
_LONGEST_RUN = 64
# In either case: hosts come in lower case, and so do people.
_IBAN = re.compile(r"(?<![a-z0-9])[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,4})?(?![a-z0-9])", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w.])(?:\+|00)\d[\d\s().-]{6,18}\d(?!\w)"
    r"|(?<![\w.-])\(?0\d{1,4}\)?[\s.-]\d{2,4}[\s.-]?\d{3,4}(?!\w)"
    r"|(?<![\w.-])\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}(?![\w-])"
)
_DATE = re.compile(r"\d{4}[-./]\d{1,2}(?:[-./]\d{1,2})?|\d{1,2}[-./]\d{1,2}[-./]\d{4}")
_LONG_NUMBER = re.compile(r"(?<![\w.,-])\d{7,}(?![\w-]|\.\d)")


def is_luhn(digits: str) -> bool:
    """Tell whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1, annex B)."""
    from_the_end = [int(digit) for digit in digits[::-1]]
    doubled = (sum(divmod(2 * digit, 10)) for digit in from_the_end[1::2])
    return (sum(from_the_end[::2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def hide_cards(value: str) -> str:
    return _CARD_RUN.sub(_card, value)


def _card(found: re.Match[str]) -> str:
    run = found[0]
    digits = run.replace(" ", "").replace("-", "")
    if len(digits) in _CARD_LENGTHS and is_luhn(digits):
        return "[card]"
    if len(digits) > _LONGEST_RUN:
        return "[id]"
    return _card_within(run)


def _card_within(run: str) -> str:
    """Find a card beside other numbers, as in `4111 1111 1111 1111 12 27`: whole groups only."""
    groups = re.split(r"([ -])", run)
    for start in range(0, len(groups), 2):
        parts = accumulate(groups[start::2])
        for count, digits in enumerate(parts, 1):
            if len(digits) in _CARD_LENGTHS and digits[0] in "23456" and is_luhn(digits):
                stop = start + 2 * count - 1
                return "".join([*groups[:start], "[card]", _card_within("".join(groups[stop:]))])
    return run


def hide_ibans(value: str) -> str:
    return _IBAN.sub(_iban, value)


def _iban(found: re.Match[str]) -> str:
    """Replace the longest part of a candidate that checks: a word in capitals may follow the account."""
    text = found[0]
    stop = len(text)
    while stop > 14:
        if _is_iban(text[:stop]):
            return "[iban]" + text[stop:]
        stop = text.rfind(" ", 0, stop)
    return text


def _is_iban(text: str) -> bool:
    bare = text.replace(" ", "")
    if not 15 <= len(bare) <= 34:
        return False
    return int("".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])) % 97 == 1


def hide_phones(value: str) -> str:
    return _PHONE.sub(_phone, value)


def _phone(found: re.Match[str]) -> str:
    digits = sum(map(str.isdigit, found[0]))
    return found[0] if _DATE.fullmatch(found[0].strip()) or not 8 <= digits <= 15 else "[phone]"


def hide_ids(value: str) -> str:
    """Replace bare numbers of seven digits and more: shorter ones are years, prices, pages and products."""
    return _LONG_NUMBER.sub("[id]", value)
