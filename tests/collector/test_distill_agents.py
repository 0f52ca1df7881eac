"""Whole families of browsers and systems, each in one agent as its maker writes it; and whose vocabulary tells devices."""

# ruff: noqa: E501 - an agent is as long as its maker writes it

from __future__ import annotations

import pytest
from distill_world import tools
from user_agents import parsers

from collector.distill.device import _FAMILIES

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0"
PHONE = f"Mozilla/5.0 (Linux; Android 13; Pixel 7) {BLINK} Mobile Safari/537.36"
VIEW = f"Mozilla/5.0 (Linux; Android 13; Pixel 7; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 {BLINK[41:]}"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"

# agent | browser and its version | system and its version | device
AGENTS = [
    (f"{WINDOWS} {BLINK} Safari/537.36 OPR/120.0.0.0 (Edition Yx GX)", "Opera 120", "Windows 10", "desktop"),
    (f"{WINDOWS} {BLINK} Safari/537.36 Vivaldi/7.4.3684.55", "Vivaldi 7", "Windows 10", "desktop"),
    (f"{WINDOWS} {BLINK} YaBrowser/25.6.0.0 Yowser/2.5 Safari/537.36", "Yandex Browser 25", "Windows 10", "desktop"),
    (f"{WINDOWS} {BLINK} Safari/537.36 Edg/138.0 Ddg/17.5", "DuckDuckGo 17", "Windows 10", "desktop"),
    (f"{WINDOWS} {BLINK} Whale/4.32.315.22 Safari/537.36", "Whale Browser 4", "Windows 10", "desktop"),
    (f"{WINDOWS} {BLINK} Safari/537.36 Avast/138.0.0.0", "Avast Secure Browser 138", "Windows 10", "desktop"),
    (f"{WINDOWS} {BLINK} Safari/537.36 QIHU 360SE", "360 Secure Browser", "Windows 10", "desktop"),
    (f"{WINDOWS} {BLINK} Safari/537.36 Core/1.116 QQBrowser/13.9.6268.400", "QQ Browser 13", "Windows 10", "desktop"),
    (f"{WINDOWS} {BLINK} Safari/537.36 Maxthon/7.3.1", "Maxthon 7", "Windows 10", "desktop"),
    (f"{WINDOWS} Gecko/20100101 Firefox/115.0 Waterfox/6.0", "Waterfox 6", "Windows 10", "desktop"),
    ("Mozilla/5.0 (X11; DragonFly x86_64) Gecko/20100101 Firefox/128.0", "Firefox 128", "DragonFly", "desktop"),
    (f"{LINUX} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15 Epiphany/605.1.15", "GNOME Web 605", "Linux", "desktop"),
    (f"{IPHONE} OPT/5.3.0 Mobile/15E148", "Opera Touch 5", "iOS 18.5", "mobile"),
    (f"{IPHONE} OPiOS/16.0 Mobile/15E148 Safari/9537.53", "Opera 16", "iOS 18.5", "mobile"),
    (f"{IPHONE} Version/18.5 Mobile/15E148 Safari/604.1 Ddg/18.5", "DuckDuckGo 18", "iOS 18.5", "mobile"),
    (f"{IPHONE} Mobile/15E148 UCBrowser/11.3 Mobile", "UC Browser 11", "iOS 18.5", "mobile"),
    (f"{IPHONE} Mobile/15E148 Snapchat/13.44 (like Safari/8621)", "Snapchat 13", "iOS 18.5", "mobile"),
    (f"{IPHONE} Mobile/15E148 [LinkedInApp]/9.30", "LinkedIn 9", "iOS 18.5", "mobile"),
    (f"{VIEW} Mobile Safari/537.36 MicroMessenger/8.0.50 MQQBrowser/6.2", "WeChat 8", "Android 13", "mobile"),
    (f"{VIEW} Mobile Safari/537.36 trill_380103 BytedanceWebview/d8a21c6", "TikTok", "Android 13", "mobile"),
    (f"{VIEW} Mobile Safari/537.36 NAVER(inapp; search; 1000; 12.5)", "Naver", "Android 13", "mobile"),
    (f"{PHONE} Vivaldi/6.8", "Vivaldi 6", "Android 13", "mobile"),
    (f"{PHONE} EdgA/138.0.0.0", "Edge 138", "Android 13", "mobile"),
    (f"{PHONE} HeyTapBrowser/40.8.30", "HeyTap Browser 40", "Android 13", "mobile"),
    (f"{PHONE} XiaoMi/MiuiBrowser/18.6.20603", "Mi Browser 18", "Android 13", "mobile"),
    ("Mozilla/5.0 (Linux; Android 10; HarmonyOS; ALN-AL00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0 HuaweiBrowser/15.0 Mobile Safari/537.36", "Huawei Browser 15", "HarmonyOS", "mobile"),
    ("Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1 Mobile HuaweiBrowser/5.1", "Huawei Browser 5", "OpenHarmony 5.0", "mobile"),
    ("Opera/9.80 (Android; Opera Mini/80.0.2254/191.283; U; en) Presto/2.12.423 Version/12.16", "Opera 80", "Android", "mobile"),
    ("Mozilla/5.0 (Linux; U; Android 4.1.1; fr-fr; L3 Build/X) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30", "Android Browser", "Android 4.1", "mobile"),
    ("Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", "Firefox 48", "KaiOS 2.5", "mobile"),
    ("Mozilla/5.0 (Linux; Ubuntu 20.04 like Android 9) AppleWebKit/537.36 Chrome/87.0 Mobile Safari/537.36 Morph/2.0", "Morph 2", "Ubuntu Touch", "mobile"),
    ("Mozilla/5.0 (Linux; Android 11; KFRAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.4 like Chrome/120 Safari/537.36", "Silk 120", "Fire OS", "tablet"),
    ("Mozilla/5.0 (Linux; Android 9; AFTKA Build/PS7285) AppleWebKit/537.36 (KHTML, like Gecko) Silk/98.6 like Chrome/98 Safari/537.36", "Silk 98", "Fire OS", "tv"),
    ("Mozilla/5.0 (Linux; U; Android 2.0; en-us;) AppleWebKit/538.1 (KHTML, like Gecko) Version/4.0 Mobile Safari/538.1 (Kobo Touch 0377/4.38)", "Android Browser", "Android 2.0", "tablet"),
    (f"Mozilla/5.0 (Web0S; Linux/SmartTV) {BLINK} Safari/537.36 WebAppManager", "Chrome 138", "webOS", "tv"),
    ("Mozilla/5.0 (Roku/DVP-12.0) AppleWebKit/537 (KHTML, like Gecko)", "", "Roku OS 12.0", "tv"),
    (f"{LINUX} {BLINK} Safari/537.36 VIDAA/6.0 (Hisense)", "Chrome 138", "VIDAA 6.0", "tv"),
    ("Mozilla/5.0 (PlayStation 4 11.00) AppleWebKit/605.1.15 (KHTML, like Gecko)", "PlayStation Browser 11", "PlayStation 4", "console"),
    ("Mozilla/5.0 (PlayStation Vita 3.74) AppleWebKit/537.73 (KHTML, like Gecko) Silk/3.2", "PlayStation Browser 3", "PlayStation 3.74", "console"),
    ("Mozilla/5.0 (New Nintendo 3DS like iPhone) AppleWebKit/536.30 (KHTML, like Gecko) NX/3.0.0.5.20 Mobile NintendoBrowser/1.10", "Nintendo Browser 1", "Nintendo", "console"),
    ("Mozilla/5.0 (Nintendo 3DS; U; ; en) Version/1.7567.US", "Nintendo Browser", "Nintendo", "console"),
    (f"{WINDOWS[:-1]}; Xbox; Xbox Series X) {BLINK} Safari/537.36 Edge/20.02", "Edge 20", "Windows 10", "console"),
    ("Mozilla/5.0 (X11; Haiku x86_64) AppleWebKit/605 (KHTML, like Gecko) WebPositive/1.3 Version/15 Safari/605", "WebPositive 1", "Haiku OS", "desktop"),
    ("Mozilla/5.0 (Apple Watch; CPU Watch OS 10_0 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko)", "", "watchOS 10", "wearable"),
]  # fmt: skip


@pytest.mark.parametrize(("agent", "browser", "system", "device"), AGENTS, ids=[row[0][-60:] for row in AGENTS])
def test_a_family_is_read(agent: str, browser: str, system: str, device: str) -> None:
    found = tools().agent(agent)
    told = (f"{found.browser} {found.browser_version}".strip(), f"{found.os} {found.os_version}".strip(), found.device)
    assert (told, found.robot) == ((browser, system, device), "")


@pytest.mark.parametrize("family", [*parsers.TABLET_DEVICE_FAMILIES, "iPhone", "iPod", "iOS-Device"])
def test_a_devices_family_is_told_by_its_name(family: str) -> None:
    found = tools().agent(f"Mozilla/5.0 ({family}; U; en) AppleWebKit/533.1 (KHTML, like Gecko) Safari/533.1")
    assert found.device == ("tablet" if family in parsers.TABLET_DEVICE_FAMILIES else "mobile")


def test_families_of_systems_and_browsers_are_those_of_user_agents() -> None:
    assert {_FAMILIES[family] for family in (*parsers.MOBILE_OS_FAMILIES, *parsers.MOBILE_BROWSER_FAMILIES)} == {
        "mobile"
    }
    assert {_FAMILIES[family] for family in parsers.PC_OS_FAMILIES} == {"desktop"}
