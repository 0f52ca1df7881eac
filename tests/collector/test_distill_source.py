"""Where visits come from: names, channels, spam, and the measure of how often we agree with others."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import pytest
from distill_world import arrive, case_rows, event, refusal, site, tools

from clickhouse.rows import Event, Reason
from collector.distill.channel import CHANNELS
from collector.distill.directory import KINDS
from collector.distill.url import split

AGREEMENT = 0.95


def read(row: dict[str, Any], **settings: Any) -> Event:
    given = row["input"]
    own = split(given["url"]).host.removeprefix("www.")
    return event(arrive(given["url"], referrer=given.get("referrer", "")), site(host=own, **settings))


def test_every_case_of_plausible_comes_out_as_there() -> None:
    """With `referrer_paths`, which the site must ask for, since Plausible always keeps the path of the referrer."""
    wrong = []
    for row in case_rows("referrers"):
        if (row["tier"], row["dialect"]) != ("peer-test", "plausible"):
            continue
        found = read(row, referrer_paths=True)
        expected = row["expected"]
        # The id itself is not kept; the network's name is.
        if "click_id" in expected:
            expected["click"] = {"gclid": "google", "msclkid": "microsoft"}[expected.pop("click_id")]
        wrong += [(row["id"], key, want) for key, want in expected.items() if getattr(found, key) != want]
    assert not wrong


def test_we_agree_with_two_independent_lists() -> None:
    rows = [row for row in case_rows("referrers") if row["tier"] == "consensus"]
    agreed = 0
    for row in rows:
        found = read(row)
        expected = row["expected"]
        agreed += found.channel == expected["channel"] and found.source in expected["source_any_of"]
    assert agreed / len(rows) >= AGREEMENT, f"{agreed} of {len(rows)}"


REFERRERS = [
    ("https://www.google.com/search?q=x", "google.com", "Google", "Organic Search"),
    ("https://www.google.co.uk/", "google.co.uk", "Google", "Organic Search"),
    ("https://mail.google.com/mail/u/0/", "mail.google.com", "Gmail", "Email"),
    ("https://docs.google.com/document", "docs.google.com", "Google Docs", "Referral"),
    ("https://notgoogle.com/", "notgoogle.com", "notgoogle.com", "Referral"),
    ("https://l.facebook.com/l.php", "l.facebook.com", "Facebook", "Organic Social"),
    ("https://lm.facebook.com/", "lm.facebook.com", "Facebook", "Organic Social"),
    ("https://x.com/", "x.com", "X (Twitter)", "Organic Social"),
    ("https://lnkd.in/", "lnkd.in", "LinkedIn", "Organic Social"),
    ("https://out.reddit.com/", "out.reddit.com", "Reddit", "Organic Social"),
    ("https://go.bsky.app/", "go.bsky.app", "Bluesky", "Organic Social"),
    ("https://hachyderm.io/@a", "hachyderm.io", "Mastodon", "Organic Social"),
    ("https://www.pinterest.co.uk/", "pinterest.co.uk", "Pinterest", "Organic Social"),
    ("https://yandex.com.tr/", "yandex.com.tr", "Yandex", "Organic Search"),
    ("https://www.bing.com/", "bing.com", "Bing", "Organic Search"),
    ("https://www.youtube.com/", "youtube.com", "Youtube", "Organic Video"),
    ("https://www.amazon.de/", "amazon.de", "Amazon", "Organic Shopping"),
    ("https://copilot.microsoft.com/", "copilot.microsoft.com", "Microsoft Copilot", "AI Assistants"),
    ("https://www.perplexity.ai/", "perplexity.ai", "Perplexity", "AI Assistants"),
    ("https://outlook.live.com/", "outlook.live.com", "Outlook.com", "Email"),
    ("https://googleads.g.doubleclick.net/", "googleads.g.doubleclick.net", "Google Ads", "Display"),
    ("android-app://com.google.android.gm/", "android-app://com.google.android.gm", "Gmail", "Email"),
    ("android-app://org.unknown.app", "android-app://org.unknown.app", "android-app://org.unknown.app", "Referral"),
    ("https://en.wikipedia.org/wiki/Privacy", "en.wikipedia.org", "Wikipedia", "Referral"),
    ("http://192.168.1.10/admin", "[ip]", "[ip]", "Referral"),
    ("http://[2001:db8::1]/", "[ip]", "[ip]", "Referral"),
    ("https://jane.doe+x@mail.example/", "mail.example", "mail.example", "Referral"),
    ("https://webmail.university.example/", "webmail.university.example", "webmail.university.example", "Email"),
    ("https://suche.portal.example/", "suche.portal.example", "suche.portal.example", "Organic Search"),
    ("https://search.example/", "search.example", "search.example", "Referral"),
    ("about:client", "(other)", "", "Direct"),
    ("nonsense", "", "", "Direct"),
    ("http://localhost:3000/", "", "", "Direct"),
    ("", "", "", "Direct"),
]


@pytest.mark.parametrize(("referrer", "shown", "name", "channel"), REFERRERS)
def test_a_referrer_is_known(referrer: str, shown: str, name: str, channel: str) -> None:
    found = event(arrive(referrer=referrer))
    assert (found.referrer, found.source, found.channel, found.continued) == (shown, name, channel, False)


WORDS = [
    ("utm_source=chatgpt.com", "ChatGPT", "AI Assistants"),
    ("utm_source=GOOGLE&utm_medium=cpc", "Google", "Paid Search"),
    ("utm_source=ig&utm_medium=paid_social", "Instagram", "Paid Social"),
    ("utm_source=reddit-ads", "Reddit", "Paid Social"),
    ("utm_source=adwords", "Google", "Paid Search"),
    ("utm_source=walmart", "Walmart", "Organic Shopping"),
    ("utm_source=Some%20Shop&utm_campaign=shoes-shop&utm_medium=cpc", "Some Shop", "Paid Shopping"),
    ("utm_source=Acme", "Acme", "Referral"),
    ("utm_source=Acme&utm_medium=banner", "Acme", "Display"),
    ("utm_source=Acme&utm_medium=ppc", "Acme", "Paid Other"),
    ("utm_source=mail&utm_medium=e-mail", "mail", "Email"),
    ("utm_campaign=cross-network", "", "Cross-network"),
    ("utm_medium=organic", "", "Organic Search"),
    ("utm_medium=web_push", "", "Mobile Push Notifications"),
    ("utm_source=a&source=b&ref=c", "a", "Referral"),
    ("source=b&ref=c", "b", "Referral"),
    ("ref=c", "c", "Referral"),
]


@pytest.mark.parametrize(("query", "name", "channel"), WORDS)
def test_a_campaign_word_is_known(query: str, name: str, channel: str) -> None:
    found = event(arrive(f"https://example.com/?{query}"))
    assert (found.source, found.channel) == (name, channel)


def test_our_own_referrer_goes_on_unless_a_campaign_speaks() -> None:
    where = site(hosts=("*.example.com",))
    for own in ("https://example.com/a", "https://www.example.com/a", "http://blog.example.com/"):
        found = event(arrive(referrer=own), where)
        assert (found.continued, found.source, found.referrer, found.channel) == (True, "", "", "Direct")
    tagged = event(arrive("https://example.com/?utm_source=ig", referrer="https://example.com/"), where)
    assert (tagged.continued, tagged.source) == (False, "Instagram")


def test_the_path_of_a_referrer_is_kept_only_where_the_site_asks() -> None:
    arrival = arrive(referrer="https://forum.example/users/jane-doe/?q=illness#x")
    assert event(arrival).referrer == "forum.example"
    assert event(arrival, site(referrer_paths=True)).referrer == "forum.example/users/[user]"


@pytest.mark.parametrize("host", ["semalt.com", "www.semalt.com", "de.semalt.com"])
def test_forged_referrers_are_refused(host: str) -> None:
    refused = refusal(arrive(referrer=f"https://{host}/x"))
    assert (refused.reason, refused.rule) == (Reason.SPAM, "shipped list")
    assert event(arrive(referrer="https://notsemalt.com/x")).source == "notsemalt.com"


def test_the_channels_stand_in_plausibles_order() -> None:
    assert list(CHANNELS) == [
        "Cross-network", "Paid Shopping", "Paid Search", "Paid Social", "Paid Video", "Display", "Paid Other",
        "Organic Shopping", "Organic Social", "Organic Video", "AI Assistants", "Organic Search", "Email",
        "Affiliates", "Audio", "SMS", "Mobile Push Notifications", "Referral", "Direct",
    ]  # fmt: skip


def tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("collector.data").joinpath("sources.toml").read_text(encoding="utf-8"))


def test_no_host_belongs_to_two() -> None:
    owners: dict[str, set[tuple[str, str]]] = {}
    for kind in KINDS:
        for name, patterns in tables()[kind].items():
            for pattern in patterns.split():
                owners.setdefault(pattern, set()).add((kind, name))
    assert not {pattern: owned for pattern, owned in owners.items() if len(owned) > 1}


def test_every_host_of_the_table_finds_its_owner() -> None:
    for kind in KINDS:
        for name, patterns in tables()[kind].items():
            for pattern in patterns.split():
                host = pattern.lower().lstrip(".").replace(".*", ".de").removeprefix("www.")
                found = tools().look_up.external(host)
                assert found.word.kind, (name, pattern)


def test_a_word_only_names_who_is_in_the_table() -> None:
    known = {name for kind in KINDS for name in tables()[kind]}
    assert set(tables()["words"]) <= known
