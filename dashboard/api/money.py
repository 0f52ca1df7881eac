"""Money in the Stats API: an amount as its clients know it, with its currency.

In: a number and the currencies that the events of a query name. Out: an object with the amount as number and text; or
null where there are several currencies, because what cannot be added is not added. Nothing is converted.
"""

from __future__ import annotations

from clickhouse.ask.answer import Answer, Number

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
SIZES = ((1e9, "B"), (1e6, "M"), (1e3, "K"))


def currency_of(answer: Answer | None) -> str:
    """The one currency that amounts were sent in; empty where there is none, or more than one."""
    named = [row.dimensions[0] for row in answer.rows if row.dimensions[0]] if answer else []
    return named[0] if len(named) == 1 else ""


def money(amount: Number, currency: str) -> dict[str, object] | None:
    """Say an amount; None where it cannot be said."""
    if amount is None or not currency:
        return None
    sign = SIGNS.get(currency, f"{currency} ")
    size, mark = next(((size, mark) for size, mark in SIZES if abs(amount) >= size), (1.0, ""))
    short = f"{sign}{amount / size:.1f}{mark}"
    return {"value": amount, "currency": currency, "short": short, "long": f"{sign}{amount:,.2f}"}
