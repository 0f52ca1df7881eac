"""Words: how a number, a duration, a date and a change are said, and where every text of the dashboard stands.

In: plain values. Out: text for people. Texts are looked up by a dotted name in `texts/en.toml`, the one catalogue: to
translate the dashboard is to write another such file. An unknown name is a KeyError, so a missing text is a failed
test and never a blank. Nothing here escapes: templates do. A number that cannot be said (None) is an en dash.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import msgspec

from dashboard.locales import locale
from registry.countries import COUNTRIES
from registry.regions import region_name

NOTHING = "–"
Number = int | float | None
Tone = Literal["good", "bad", "even"]

_CATALOGUE = tomllib.loads((Path(__file__).parent / "texts" / "en.toml").read_text("utf-8"))
MONTHS: list[str] = _CATALOGUE["calendar"]["months"]
WEEKDAYS: list[str] = _CATALOGUE["calendar"]["weekdays"]


def say(name: str, **values: object) -> str:
    """The text called `name` (`report.empty`), with `{values}` filled in."""
    text = _CATALOGUE
    for part in name.split("."):
        text = text[part]
    if not isinstance(text, str):
        raise KeyError(name)
    return text.format(**values) if values else text


def knows(name: str) -> bool:
    """Whether the catalogue has a text called `name`: for names that come from other rooms' tables."""
    try:
        return bool(say(name))
    except (KeyError, TypeError):
        return False


def count_of(name: str, number: int, **values: object) -> str:
    """The text for `number` things: `name.none` where there is one, `name.one`, `name.many`; `{n}` is the number."""
    if number == 0 and knows(f"{name}.none"):
        return say(f"{name}.none")
    return say(f"{name}.{'one' if number == 1 else 'many'}", n=exact(number), **values)


# Numbers


def exact(number: Number) -> str:
    """All digits, in groups: 12,345. Fractions keep one decimal."""
    if number is None:
        return NOTHING
    return written(f"{number:,}" if isinstance(number, int) else f"{number:,.1f}".removesuffix(".0"))


def written(number: str) -> str:
    """Write `12,345.6` as the reader's locale does."""
    form = locale()
    return number.replace(",", "\0").replace(".", form.point).replace("\0", form.group)


def money(amount: float) -> str:
    """An amount with two decimals; its currency stands beside it."""
    return written(f"{amount:,.2f}")


def compact(number: Number) -> str:
    """Three digits are enough above 10,000: 12.3k, 123k, 1.23M."""
    if number is None or abs(number) < 10_000:
        return exact(number)
    scaled, suffix = next((number / size, mark) for size, mark in _SIZES if abs(number) >= size * 0.9995)
    decimals = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
    text = f"{scaled:.{decimals}f}"
    return written(text.rstrip("0").rstrip(".") if "." in text else text) + suffix


_SIZES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def percent(number: Number) -> str:
    """`number` of a hundred: 41%, 4.2%, <0.1%."""
    if number is None:
        return NOTHING
    if 0 < number < 0.1:
        text = "<0.1"
    else:
        text = f"{number:.0f}" if number >= 9.95 or number == 0 else f"{number:.1f}".removesuffix(".0")
    return f"{written(text)}{locale().percent}%"


def duration(seconds: Number) -> str:
    """Seconds as people say them: 45s, 2m 14s, 1h 05m."""
    if seconds is None:
        return NOTHING
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m {rest:02d}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60:02d}m"


def said(number: Number, unit: str) -> str:
    """A number of some unit, short."""
    if unit == "percent":
        return percent(number)
    if unit == "seconds":
        return duration(number)
    return compact(number)


def said_on_axis(number: float, unit: str) -> str:
    """The same beside an axis, where numbers are round: 2m, not 2m 00s."""
    return said(number, unit).removesuffix(" 00s").removesuffix(" 00m")


def said_exactly(number: Number, unit: str) -> str:
    """The same with nothing left out: for tables, and for what is shown on hover."""
    return said(number, unit) if unit in ("percent", "seconds") else exact(number)


# Changes


class Change(msgspec.Struct, frozen=True):
    """How a number moved: an arrow and a figure to see, a phrase to hear, and whether that is good news."""

    arrow: str
    text: str
    phrase: str
    tone: Tone


def change(now: Number, before: Number, unit: str, *, up_is_good: bool = True) -> Change | None:
    """Say how `now` stands against `before`; percentages in points, all else in percent of `before`."""
    if now is None or before is None or (before == 0 and now == 0):
        return None
    if before == 0 and unit != "percent":
        return Change("▲", say("change.new_short"), say("change.new"), "good" if up_is_good else "bad")
    moved = now - before if unit == "percent" else 100 * (now - before) / before
    size = abs(moved)
    figure = f"{exact(round(size / 100) + 1)}×" if size >= 900 and moved > 0 else f"{size:.0f}"
    if figure == "0":
        return Change("", say("change.even_short"), say("change.even"), "even")
    kind = "times" if figure.endswith("×") else "points" if unit == "percent" else "percent"
    direction = "up" if moved > 0 else "down"
    phrase = say(f"change.{direction}", much=say(f"change.{kind}", n=figure.removesuffix("×")))
    text = figure if kind == "times" else figure + say(f"change.{kind}_short")
    return Change("▲" if moved > 0 else "▼", text, phrase, "good" if (moved > 0) == up_is_good else "bad")


# Dates


def day(value: date, *, year: bool = False) -> str:
    """24 Oct, or 24 Oct 2026; the reader's locale says in which order."""
    form = locale()
    text = form.day.format(day=value.day, month=MONTHS[value.month - 1])
    return text + (form.year.format(year=value.year) if year else "")


def days(first: date, last: date) -> str:
    """Both ends of a run of days, each part said once: 24 Oct – 22 Nov 2026; 3 – 9 Nov 2026."""
    if first == last:
        return f"{WEEKDAYS[first.weekday()]} {day(first, year=True)}"
    if first.year != last.year:
        return f"{day(first, year=True)} – {day(last, year=True)}"
    if first.month != last.month:
        return f"{day(first)} – {day(last, year=True)}"
    form, month = locale(), MONTHS[first.month - 1]
    both = f"{first.day} – {last.day}" if "." not in form.day else f"{first.day}. – {last.day}"
    return form.day.format(day=both, month=month) + form.year.format(year=last.year)


def moment(label: str) -> datetime:
    """Read the label of a bucket as the store writes it (`2026-01-31 14:00:00`): local time of the site."""
    return datetime.fromisoformat(label)


def bucket(label: str, interval: str) -> str:
    """A bucket's name on an axis: 14:00, 24 Oct, Oct 2026."""
    at = moment(label)
    if interval in ("minute", "hour"):
        return f"{at:%H:%M}"
    return f"{MONTHS[at.month - 1]} {at.year}" if interval == "month" else day(at)


def bucket_in_full(label: str, interval: str) -> str:
    """A bucket's name where it stands alone: Tue 24 Nov, 14:00; Week of 3 Nov."""
    at = moment(label)
    named = f"{WEEKDAYS[at.weekday()]} {day(at)}"
    if interval in ("minute", "hour"):
        return f"{named}, {at:%H:%M}"
    if interval == "week":
        return say("calendar.week_of", day=day(at))
    if interval == "month":
        return bucket(label, interval)
    return f"{WEEKDAYS[at.weekday()]} {day(at, year=True)}"


# Names of things the store keeps as codes


def country(code: str) -> str:
    """A country's English name; an unknown code stays itself."""
    return COUNTRIES.get(code, code)


def value_of(dimension: str, value: str) -> str:
    """What a row of a dimension is called; the empty value has a name of its own per dimension."""
    if not value:
        name = f"nothing.{dimension}"
        return say(name) if knows(name) else say("nothing.any")
    if dimension == "country":
        return country(value)
    if dimension == "region":
        return region_name(value)
    return say(f"device.{value}") if dimension == "device" and knows(f"device.{value}") else value


def code_of(dimension: str, label: str) -> str:
    """What the store keeps for a label that somebody typed: the way back from `value_of`; else the text itself."""
    typed = label.casefold()
    if typed == value_of(dimension, "").casefold():
        return ""
    if dimension == "country":
        return next((code for code, name in COUNTRIES.items() if typed in (name.casefold(), code.casefold())), label)
    if dimension == "device":
        return next((code for code, name in _CATALOGUE["device"].items() if typed == name.casefold()), label)
    return label
