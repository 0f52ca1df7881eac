"""Refusals of a made-up month: a few hundred a day of a site, in every group, and some for no site at all."""

from __future__ import annotations

from datetime import date, timedelta

from clickhouse.client import Store
from clickhouse.insert import insert_refusals
from clickhouse.rows import Position, Reason, RefusalCount

EPOCH = date(1970, 1, 1)
Refused = tuple[date, str, int, str]


def refuse(store: Store, site: int, *refused: Refused, segment: int = 900) -> None:
    """Store so many refusals: day, reason, count, rule."""
    rows = [
        (Position(segment + site, seq), RefusalCount(site, (day - EPOCH).days, reason, count, rule))
        for seq, (day, reason, count, rule) in enumerate(refused)
    ]
    insert_refusals(store, rows, token=f"refused-{segment}-{site}")


def month_of(today: date) -> list[Refused]:
    """Thirty days of refusals up to `today`, with a staging machine that was switched on in the last week."""
    made: list[Refused] = []
    for ago in range(60):
        day = today - timedelta(days=ago)
        made += [
            (day, Reason.BOT, 20 + 7 * (ago % 5), "crawler Googlebot"),
            (day, Reason.BOT, 5 + ago % 3, "webdriver"),
            (day, Reason.GPC, 2 + ago % 4, ""),
            (day, Reason.OPTOUT, ago % 2, ""),
            (day, Reason.NO_VISIT, 3 + ago % 2, ""),
            (day, Reason.DUPLICATE, ago % 3, ""),
            (day, Reason.EXCLUDED, 6, ""),
        ]
        if ago < 6:
            made.append((day, Reason.WRONG_HOST, 30 - 4 * ago, "staging.shop.example"))
    made.append((today, Reason.WRONG_HOST, 2, "(other)"))
    made.append((today, Reason.SPAM, 1, ""))
    return [row for row in made if row[2]]


def strays_of(today: date) -> list[Refused]:
    return [(today, Reason.UNKNOWN_SITE, 11, "shpo.example"), (today, Reason.UNKNOWN_SITE, 1, "")]
