"""Browsers, systems, devices and robots: rates on the shared cases, and agents of today by name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from distill_world import FIREFOX, arrive, case_rows, event, outcome, refusal, site, tools

from clickhouse.rows import Event, Reason
from collector.arrival import Signals
from collector.distill.robot import is_vouched_for

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"


def rates() -> dict[str, float]:
    """Share of rows where we say the same, by what is asked."""
    asked: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    for row in case_rows("user_agents"):
        found = tools().agent(row["input"]["user_agent"])
        expected: dict[str, Any] = row["expected"]
        kind = "robots" if expected["bot"] else "people"
        asked[kind] += 1
        agreed[kind] += (found.robot != "") == expected["bot"]
        if expected["bot"] or "browser" not in expected:
            continue
        apart = "" if row["tier"] == "consensus" else f" by {row['tier']}"
        seen = {
            "browser": found.browser,
            "browser_major": found.browser_version,
            "os": found.os,
            "device": found.device,
        }
        for question, answer in seen.items():
            asked[question + apart] += 1
            agreed[question + apart] += answer == expected[question]
    return {question: agreed[question] / asked[question] for question in asked}


def test_the_rates_on_the_shared_cases_are_reached() -> None:
    found = rates()
    goals = {"robots": 0.97, "people": 0.99, "browser": 0.97, "browser_major": 0.97, "os": 0.97, "device": 0.95}
    # Where one source stands alone it may be wrong itself.
    goals |= {f"{question} by peer": 0.9 for question in ("browser", "browser_major", "os", "device")}
    assert {question: rate for question, rate in found.items() if rate < goals.get(question, 0)} == {}, found


APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
ANDROID = "Mozilla/5.0 (Linux; Android 14; {})"

# agent | browser | its version | system | its version | device
AGENTS = [
    (f"{WINDOWS} {CHROME} Safari/537.36", "Chrome 141 Windows 10 desktop"),
    (f"{WINDOWS} {CHROME} Safari/537.36 Edg/141.0.0.0", "Edge 141 Windows 10 desktop"),
    (f"{WINDOWS} {CHROME} Safari/537.36 OPR/125.0.0.0", "Opera 125 Windows 10 desktop"),
    (f"{ANDROID.format('K')} {CHROME} Mobile Safari/537.36", "Chrome 141 Android 14 mobile"),
    (f"{ANDROID.format('K')} {CHROME} Safari/537.36", "Chrome 141 Android 14 tablet"),
    (f"{ANDROID.format('SM-X210')} {CHROME} Mobile Safari/537.36", "Chrome 141 Android 14 tablet"),
    (f"{ANDROID.format('BAH4-W09')} {CHROME} Mobile Safari/537.36", "Chrome 141 Android 14 tablet"),
    (f"{ANDROID.format('Xiaomi Pad 6')} {CHROME} Mobile Safari/537.36", "Chrome 141 Android 14 tablet"),
    (f"{ANDROID.format('AFTMM Build/PS7')} {CHROME} Mobile Safari/537.36", "Chrome 141 Fire OS tv"),
    (f"{ANDROID.format('TravelMate Spin B118')} {CHROME} Safari/537.36", "Chrome 141 Android 14 desktop"),
    (f"{ANDROID.format('Retroid Pocket 5')} {CHROME} Mobile Safari/537.36", "Chrome 141 Android 14 console"),
    (f"{ANDROID.format('PLN110 Build/AP3A.240617.008')} {CHROME} Mobile Safari/537.36", "Chrome 141 Android 14 mobile"),
    (
        f"{ANDROID.format('XBot Junior')} SamsungBrowser/28.0 Mobile Safari/537.36",
        "Samsung Browser 28 Android 14 mobile",
    ),
    (
        f"{ANDROID.format('Pixel 8')} {CHROME} Mobile Safari/537.36 Instagram 390.0.0 Android",
        "Instagram 390 Android 14 mobile",
    ),
    (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "Chrome 141 Chrome OS 14541.0 desktop"),
    (FIREFOX, "Firefox 140 Linux desktop"),
    ("Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0", "Firefox 143 Android 15 mobile"),
    ("Mozilla/5.0 (Android 15; Tablet; rv:143.0) Gecko/143.0 Firefox/143.0", "Firefox 143 Android 15 tablet"),
    (
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/18.6 Safari/605.1.15",
        "Safari 18 macOS 10.15 desktop",
    ),
    (f"{IPHONE} {APPLE} Version/18.6 Mobile/15E148 Safari/604.1", "Safari 18 iOS 18.6 mobile"),
    (f"{IPHONE} {APPLE} CriOS/141.0.0.0 Mobile/15E148 Safari/604.1", "Chrome 141 iOS 18.6 mobile"),
    (f"{IPHONE} {APPLE} Mobile/15E148 [FBAN/FBIOS;FBAV/520.0.0.38;FBSV/18.6]", "Facebook 520 iOS 18.6 mobile"),
    (
        f"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) {APPLE} Version/18.6 Mobile/15E148 Safari/604.1",
        "Safari 18 iOS 18.6 tablet",
    ),
    (
        f"Mozilla/5.0 (PlayStation; PlayStation 5/9.00) {APPLE} Version/17.4 Safari/605.1.15",
        "Safari 17 PlayStation 5 console",
    ),
    ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "IE 11 Windows 10 desktop"),
    ("Lynx/2.8.9rel.1 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.6.13", "Lynx 2"),
]


@pytest.mark.parametrize(("agent", "expected"), AGENTS)
def test_an_agent_of_a_person_is_read(agent: str, expected: str) -> None:
    found = tools().agent(agent)
    told = (found.browser, found.browser_version, found.os, found.os_version, found.device)
    assert (" ".join(filter(None, told)), found.robot) == (expected, "")


ROBOTS = [
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "crawler Googlebot"),
    (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "crawler GPTBot",
    ),
    ("Mozilla/5.0 (compatible; SeoCherryBot/1.0; +https://example.org)", "word bot"),
    ("Mozilla/5.0 (compatible; NeverHeardOf/1.0; +https://example.org)", "word link"),
    ("Mozilla/5.0 (compatible; NeverHeardOf/1.0)", "not a browser"),
    ("curl/8.5.0", "crawler curl"),
    (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} HeadlessChrome/141.0.0.0 Safari/537.36", "crawler HeadlessChrome"),
    ("WhatsApp/2.24", "word preview"),
    ("", "no agent"),
    ("   ", "no agent"),
]


@pytest.mark.parametrize(("agent", "rule"), ROBOTS)
def test_a_robot_is_refused_and_the_rule_told(agent: str, rule: str) -> None:
    refused = refusal(arrive(agent=agent))
    assert (refused.reason, refused.rule) == (Reason.BOT, rule)


SIGNALS = [
    (Signals(prefetch=True), (), "prefetch"),
    (Signals(webdriver=True), (), "webdriver"),
    (Signals(webdriver=True), ("gecko/*firefox/140",), None),
    (Signals(prefetch=True), ("Firefox",), "prefetch"),
    (Signals(webdriver=True), ("Chrome",), "webdriver"),
]


@pytest.mark.parametrize(("signals", "allowed", "rule"), SIGNALS)
def test_the_browsers_own_signals_speak(signals: Signals, allowed: tuple[str, ...], rule: str | None) -> None:
    result = outcome(arrive(signals=signals), site(allow_agents=allowed))
    assert (None if isinstance(result, Event) else result.rule) == rule


def test_a_site_vouches_for_its_own_agents() -> None:
    where = site(allow_agents=("AcmeCheck/*bot",))
    assert event(arrive(agent="Mozilla/5.0 AcmeCheck/2 (a bot)"), where).name == "pageview"
    assert refusal(arrive(agent="Mozilla/5.0 OtherCheck/2 (a bot)"), where).reason == Reason.BOT
    assert not is_vouched_for("anything", ())


def test_a_server_with_a_key_need_not_name_an_agent() -> None:
    assert event(arrive(agent="", transport="server")).browser == ""
    assert refusal(arrive(agent="Googlebot/2.1", transport="server")).reason == Reason.BOT


def test_versions_are_cut_short() -> None:
    found = event(arrive(agent=f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} Safari/537.36"))
    assert (found.browser_version, found.os_version) == ("141", "10.15")


@pytest.mark.parametrize("agent", ["\ud800", "é" * 600, "\x00", "(" * 5000, "Mozilla/5.0 (Linux; Android " * 100])
def test_no_agent_is_too_odd_to_read(agent: str) -> None:
    found = tools().agent(agent)
    assert len(found.browser) <= 40


def test_every_family_of_rules_is_documented() -> None:
    """A rule's name is shown to the owner: the page that explains it may not lag behind."""
    page = (Path(__file__).parents[2] / "docs" / "places-and-sources.md").read_text(encoding="utf-8")
    arrivals = [
        arrive(signals=Signals(prefetch=True)),
        arrive(signals=Signals(webdriver=True)),
        arrive(agent=""),
        arrive(agent="Googlebot/2.1"),
        arrive(agent="Mozilla/5.0 (compatible; NeverHeardOf/1.0; +https://example.org)"),
        arrive(agent="Mozilla/5.0 (compatible; NeverHeardOf/1.0)"),
        arrive(referrer="https://semalt.com/"),
    ]
    for arrival in arrivals:
        refused = refusal(arrival)
        first, _, rest = refused.rule.partition(" ")
        shown = {"crawler": "crawler NAME", "word": "word WORD"}.get(first, refused.rule)
        assert rest or first in ("prefetch", "webdriver"), refused
        assert f"| `{refused.reason}` | `{shown}` |" in page, refused
