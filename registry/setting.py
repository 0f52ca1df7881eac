"""Setting: one row of a table of settings; how it is typed, what it allows, what it means.

In: text as a person types it. Out: the value, or `NotAllowed` with a sentence that lists what is allowed; and back, so
that what is shown can be typed again. Five kinds of value cover every setting of a site. Pure; it knows no site:
the rows stand in site_settings.py.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from registry.errors import NotAllowed

Kind = Literal["choice", "switch", "number", "list", "zone", "text"]

MAX_ITEMS = 200
MAX_TEXT = 100
MAX_PROP_KEY = 50
UNSET = "unset"
"""How an empty choice is typed and shown."""

_NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})
"""Files of the zone database that are no zones."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of a site: how it is typed, what is allowed, what it means."""

    key: str
    kind: Kind
    help: str
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    unit: str = ""
    items: str = ""
    """For a list: what it is a list of."""
    item: Callable[[str], str] | None = None
    """For a list: checks one item and returns it in its canonical form."""

    @property
    def allowed(self) -> str:
        """Return what may be given, in words."""
        match self.kind:
            case "choice" | "switch":
                return " or ".join([", ".join(self.choices[:-1]), self.choices[-1]])
            case "number":
                return f"a whole number from {self.least} to {self.most}"
            case "list":
                return f"a comma list of {self.items}, or nothing"
            case "zone":
                return "a time zone by its IANA name, as Europe/Berlin"
            case "text":
                return f"text of at most {MAX_TEXT} characters, or nothing"

    def parse(self, text: str) -> object:
        """Return the value that `text` stands for, or raise `NotAllowed`."""
        try:
            return _PARSERS[self.kind](self, text.strip())
        except ValueError as error:
            why = f" ({error})" if str(error) else ""
            raise NotAllowed(f"{self.key}={text!r} is not allowed{why}: {self.key} takes {self.allowed}") from None

    def render(self, value: object) -> str:
        """Return `value` as it is typed: the inverse of `parse`."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, tuple):
            return ",".join(value)
        if self.kind == "choice" and value == "":
            return UNSET
        return str(value)


def _parse_choice(setting: Setting, text: str) -> str:
    word = text.lower() or UNSET
    if word not in setting.choices:
        raise ValueError
    return "" if word == UNSET else word


def _parse_switch(setting: Setting, text: str) -> bool:
    return _parse_choice(setting, text) == "on"


def _parse_number(setting: Setting, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not setting.least <= int(text) <= setting.most:
        raise ValueError
    return int(text)


def _parse_list(setting: Setting, text: str) -> tuple[str, ...]:
    items = [item for item in (part.strip() for part in text.split(",")) if item]
    if len(items) > MAX_ITEMS:
        raise ValueError(f"more than {MAX_ITEMS} items")
    check = setting.item or plain_text
    try:
        return tuple(dict.fromkeys(check(item) for item in items))
    except NotAllowed as error:
        raise ValueError(str(error)) from None


def _parse_text(_setting: Setting, text: str) -> str:
    return plain_text(text)


def _parse_zone(_setting: Setting, text: str) -> str:
    zones = zoneinfo.available_timezones() - _NO_ZONES
    if text in zones:
        return text
    by_town = [zone for zone in sorted(zones) if zone.rpartition("/")[2].lower() == text.lower().replace(" ", "_")]
    near = by_town or difflib.get_close_matches(text, zones, n=1)
    raise ValueError(f"did you mean {near[0]}?" if near else "")


def plain_text(text: str) -> str:
    """Return `text` if it fits on a line and hides nothing, else raise ValueError."""
    if len(text) > MAX_TEXT or any(unicodedata.category(char).startswith("C") for char in text):
        raise ValueError("too long, or with invisible characters")
    return text


def path_pattern(text: str) -> str:
    if not text.startswith("/") or re.search(r"[\s?#]", text):
        raise ValueError(f"{text!r} is no path: it must begin with / and hold no query")
    return plain_text(text)


def query_name(text: str) -> str:
    if not re.fullmatch(r"[\w.\-\[\]]{1,64}", text, re.ASCII):
        raise ValueError(f"{text!r} is not the name of a query parameter")
    return text


def prop_key(text: str) -> str:
    if len(text) > MAX_PROP_KEY:
        raise ValueError(f"{text!r} is longer than {MAX_PROP_KEY} characters")
    return plain_text(text)


def one_word(text: str) -> str:
    if re.search(r"\s", text):
        raise ValueError(f"{text!r} has a space")
    return plain_text(text)


_PARSERS: Mapping[Kind, Callable[[Setting, str], object]] = MappingProxyType(
    {
        "choice": _parse_choice,
        "switch": _parse_switch,
        "number": _parse_number,
        "list": _parse_list,
        "zone": _parse_zone,
        "text": _parse_text,
    }
)
