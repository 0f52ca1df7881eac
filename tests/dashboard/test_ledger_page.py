"""The books as pages: whatever is shown adds up, for everyone who may see it, and says what to do."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from dash_world import World
from ledger_world import Refused, month_of, refuse, strays_of

from clickhouse.ask.ledger import DECLINES, NOWHERE, Amount
from clickhouse.rows import Reason
from dashboard import words
from dashboard.charts.stacked import Stack, stacked_bars
from dashboard.reasons import KINDS, said, said_share

TODAY = date(2026, 11, 22)
PAGE = "/sites/example.com/refused"
EXACT = ("owner", "admin", "dpo")
GUARDED = ("analyst", "viewer")


def text_of(world: World, who: str = "owner", path: str = PAGE, **options: object) -> str:
    answer = world.browser(who, **options).get(path)
    assert answer.status_code == 200, answer.text
    plain = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(plain).split())


def books(world: World, who: str = "owner", query: str = "", **options: object):
    return world.browser(who, **options).get(f"{PAGE}.json{query}").json()


def spool_of(world: World, waiting: int) -> dict[str, object]:
    return {"collector_health": lambda: {"spool": {world.site_id(): waiting}}}


def filled(world: World, *refused: Refused) -> None:
    world.views(5)
    refuse(world.store, world.site_id(), *(refused or month_of(TODAY)))


def test_the_page_says_the_balance_in_words_and_numbers(world: World):
    filled(world, (TODAY, Reason.BOT, 4, "webdriver"), (TODAY, Reason.GPC, 2, ""), (TODAY, Reason.DUPLICATE, 1, ""))
    text = text_of(world, **spool_of(world, 3))
    assert "15 arrived: 5 kept, 4 refused, 2 from people who said no, 1 sent twice, 3 in the spool now." in text
    assert "13% of what arrived came from people who chose not to be counted." in text
    assert "webdriver" in text


@pytest.mark.parametrize("who", [*EXACT, *GUARDED])
@pytest.mark.parametrize("query", ["", "?period=day", "?period=7d", "?period=12mo", "?from=2026-10-01&to=2026-11-05"])
def test_every_line_adds_up_whoever_looks(world: World, who: str, query: str):
    filled(world)
    told = books(world, who, query, **spool_of(world, 3))
    for line in [told["total"], *told["days"]]:
        known = line["kept"] + line["duplicate"] + line["waiting"] + sum(line["refused"].values())
        assert line["received"] == known + line["declined"]
        assert line["received_most"] == known + line["declined_most"]
    for part in ("received", "received_most", "kept", "declined", "declined_most", "duplicate", "waiting"):
        assert told["total"][part] == sum(day[part] for day in told["days"])
    assert told["waiting"] == (3 if told["last_day"] == TODAY.isoformat() else 0)


@pytest.mark.parametrize("who", EXACT)
def test_those_who_answer_for_the_site_see_exact_numbers(world: World, who: str):
    filled(world)
    total = books(world, who, "?period=day")["total"]
    assert (total["declined"], total["declined_most"]) == (2, 2)
    assert "staging.shop.example" in text_of(world, who)


@pytest.mark.parametrize("who", GUARDED)
def test_others_see_those_who_said_no_as_a_band_and_no_host(world: World, who: str):
    filled(world)
    day = books(world, who, "?period=day")["total"]
    assert (day["declined"], day["declined_most"]) == (1, 9)
    text = text_of(world, who)
    assert "30–270 from people who said no" in text
    assert "is shown in steps" in text
    for path in (PAGE, f"{PAGE}.json", f"{PAGE}.csv"):
        raw = world.browser(who).get(path).text
        assert "staging.shop.example" not in raw
        assert "Change the setting" not in raw


@pytest.mark.parametrize("who", ["owner", "viewer"])
def test_no_answer_says_which_signal_was_sent(world: World, who: str):
    filled(world, *((TODAY, str(reason), 30, "") for reason in DECLINES))
    assert books(world, who)["total"]["refused"] == {}
    raw = world.browser(who).get(f"{PAGE}.csv").text + world.browser(who).get(f"{PAGE}.json").text
    assert [reason for reason in DECLINES if f'"{reason}"' in raw or f",{reason}," in raw] == []


def test_a_file_of_lines_adds_up_to_the_same(world: World):
    filled(world)
    answer = world.browser("owner", **spool_of(world, 3)).get(f"{PAGE}.csv?period=7d")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="example.com-refused-2026-11-16-2026-11-22.csv"'
    )
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    parts: dict[str, int] = {}
    for row in rows:
        parts[row["part"]] = parts.get(row["part"], 0) + int(row["events"])
    total = books(world, "owner", "?period=7d", **spool_of(world, 3))["total"]
    assert parts.pop("refused") == sum(total["refused"].values())
    assert parts == {part: total[part] for part in parts}
    assert parts["received"] == total["received"]


def test_a_rule_that_a_spreadsheet_would_run_is_written_as_text(world: World):
    filled(world, (TODAY, Reason.BOT, 1, "=cmd()"))
    assert "'=cmd()" in world.browser("owner").get(f"{PAGE}.csv").text


def test_a_period_in_the_past_has_nothing_in_the_spool(world: World):
    filled(world)
    told = books(world, query="?from=2026-11-01&to=2026-11-10", **spool_of(world, 3))
    assert told["total"]["waiting"] == 0
    assert "in the spool" not in text_of(world, path=f"{PAGE}?from=2026-11-01&to=2026-11-10", **spool_of(world, 3))


def test_where_the_collector_is_elsewhere_the_page_says_what_it_does_not_know(world: World):
    filled(world)
    assert "the collector runs elsewhere" in text_of(world)
    assert "the collector runs elsewhere" not in text_of(world, **spool_of(world, 0))
    assert books(world)["waiting"] is None


def test_a_site_that_nothing_reached_says_what_to_look_at(world: World):
    assert "Nothing has arrived" in text_of(world)


def test_days_to_come_are_left_out(world: World):
    filled(world)
    told = books(world, query="?period=month")
    assert (told["first_day"], told["last_day"], len(told["days"])) == ("2026-11-01", "2026-11-22", 22)


@pytest.mark.parametrize(("interval", "steps"), [("day", 83), ("week", 12), ("month", 3)])
def test_weeks_and_months_lose_no_day(world: World, interval: str, steps: int):
    filled(world)
    days = "?from=2026-09-01&to=2026-11-30"
    page = world.browser("owner").get(f"{PAGE}{days}&interval={interval}").text
    table = page.split("<tbody>")[1].split("</tbody>")[0]
    received = [int(row.split("<td>")[1].split("</td>")[0].replace(",", "")) for row in table.split("<tr>")[1:]]
    assert sum(received) == books(world, query=days)["total"]["received"]
    assert len(received) == steps


def test_the_trend_compares_days_that_are_over(world: World):
    """Twice as many each day as before: today, which is not over, must not hide it."""
    days = [(TODAY - timedelta(days=ago), Reason.BOT, 10 if ago > 6 else 20, "") for ago in range(1, 14)]
    filled(world, *days)
    assert "up 100 percent" in text_of(world, path=f"{PAGE}?period=7d")


# --- mending -------------------------------------------------------------------------------------------------------


def test_one_click_has_a_host_counted(world: World):
    filled(world)
    browser = world.browser("admin")
    assert 'value="staging.shop.example"' in browser.get(PAGE).text
    answer = browser.post(PAGE, data={"count_host": "staging.shop.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?saved")
    assert world.registry.sites.get("example.com").hosts == ("staging.shop.example",)
    browser.post(PAGE, data={"count_host": "other.shop.example"})
    assert world.registry.sites.get("example.com").hosts == ("staging.shop.example", "other.shop.example")


@pytest.mark.parametrize("host", ["", "*", "*.example.org", "a.example,b.example", "not a host"])
def test_a_click_has_no_more_than_one_host_counted(world: World, host: str):
    assert world.browser("owner").post(PAGE, data={"count_host": host}).status_code == 400
    assert world.registry.sites.get("example.com").hosts == ()


def test_what_strangers_wrote_stays_text(world: World):
    attack = '<img src=x onerror="alert(1)">'
    filled(world, (TODAY, Reason.WRONG_HOST, 1, attack), (TODAY, Reason.BOT, 1, attack))
    raw = world.browser("owner").get(PAGE).text
    assert "<img" not in raw
    assert "&lt;img" in raw


# --- arrivals for no site of ours ----------------------------------------------------------------------------------


def test_strays_are_told_to_who_looks_after_the_installation(world: World):
    refuse(world.store, NOWHERE, *strays_of(TODAY))
    for who in ("owner", "admin", "analyst", "viewer", "dpo", "stranger"):
        told = "12 events in 30 days named a site that does not exist here" in text_of(world, who, "/")
        assert told == (who == "owner"), who
    assert "shpo.example (11)" in text_of(world, "owner", "/")


def test_what_the_self_audit_tried_is_no_stray(world: World):
    refuse(world.store, NOWHERE, (TODAY, Reason.UNKNOWN_SITE, 5, "audit-0a1b2c3d.invalid"), *strays_of(TODAY))
    told = text_of(world, "owner", "/")
    assert "12 events in 30 days named a site that does not exist here" in told
    assert "audit-" not in told


def test_a_house_without_strays_says_nothing_of_them(world: World):
    assert "does not exist here" not in text_of(world, "owner", "/")


# --- the facts -----------------------------------------------------------------------------------------------------


def test_every_reason_has_its_place_and_its_text():
    placed = [reason for reasons in KINDS.values() for reason in reasons if reason != "declined"]
    assert sorted([*placed, *DECLINES]) == sorted(Reason)


def test_the_page_says_what_the_documentation_says():
    documentation = " ".join((Path(__file__).parents[2] / "docs" / "refusals.md").read_text().split())
    for reasons in KINDS.values():
        for reason in reasons:
            assert words.say(f"reason.{reason}.means") in documentation, reason


@pytest.mark.parametrize(
    ("amount", "text"),
    [(Amount(), "0"), (Amount(1234, 1234), "1,234"), (Amount(1, 9), "<10"), (Amount(10, 49), "10–49")],
)
def test_an_amount_in_words(amount: Amount, text: str):
    assert said(amount) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (Amount(1, 1), Amount(), "–"),
        (Amount(25, 25), Amount(100, 100), "25%"),
        (Amount(10, 49), Amount(60, 99), "17%–49%"),
        (Amount(40, 40), Amount(50, 80), "50%–80%"),
        (Amount(1, 9), Amount(1, 9), "100%"),
    ],
)
def test_a_share_of_a_band_is_as_wide_as_it_can_be(part: Amount, whole: Amount, text: str):
    assert said_share(part, whole) == text


def test_bars_stack_from_the_base_line_and_fill_the_plot():
    drawn = stacked_bars([Stack("a", "tip", (1.0, 0.0, 3.0)), Stack("b", "<tip>", (0.0, 0.0, 0.0))], ["x", "y", "z"],
                         title="Refused", about="about", say=str)  # fmt: skip
    bars = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="[\d.]+" height="([\d.]+)" class="(\w)"', drawn)
    assert [(y, height, layer) for _, y, height, layer in bars] == [("75", "25", "x"), ("0", "75", "z")]
    assert "&lt;tip&gt;" in drawn
    assert " style=" not in drawn
