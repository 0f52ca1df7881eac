"""Lists of others: fetched where they are asked for, said in our format, and never in the way of our own table."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from updates_world import ASSISTANTS, SEARCH, SOCIAL, FileServer, lists, serving

from collector.arrival import Arrival
from collector.distill import Tools, distill, open_tools
from footfall.updates.fetch import UpdateFault
from footfall.updates.lists import PARTS, pattern_of, table_of, update_lists
from registry.site import Site

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("NO_PROXY", "*")
    with serving(lists()) as running:
        yield running


def tools_on(data: Path) -> Tools:
    return open_tools(lambda _site, _day: b"s" * 32, None, data)


def outcome(tools: Tools, referrer: str) -> tuple[str, str]:
    """Return source and channel, or reason and rule."""
    arrival = Arrival(
        name="pageview", url="https://example.com/", referrer=referrer, agent=FIREFOX, address="203.0.113.7"
    )
    result = distill(arrival, Site(id=7, host="example.com"), tools, 1_763_820_000_000)
    return (result.source, result.channel) if hasattr(result, "source") else (result.reason, result.rule)


AFTERWARDS = [
    ("https://seekwell.example/", ("Seekwell", "Organic Search")),
    ("https://seekwell.pt/", ("Seekwell", "Organic Search")),
    ("https://fr.old.seekwell.example/", ("Seekwell", "Organic Search")),
    ("https://newbing.example/", ("Bing", "Organic Search")),
    ("https://odd.example/", ('Odd "name" \\ of it', "Organic Search")),
    ("https://chatterbox.example/", ("Chatterbox", "Organic Social")),
    ("https://m.chatterbox.example/", ("Chatterbox", "Organic Social")),
    ("https://oracle.example/", ("Oracle of Ours", "AI Assistants")),
    ("https://www.cheap-clicks.example/", ("spam", "updated list")),
    # Ours wins where both know a host.
    ("https://semalt.com/", ("spam", "shipped list")),
    ("https://x.com/", ("X (Twitter)", "Organic Social")),
    ("https://www.google.com/", ("Google", "Organic Search")),
    ("https://nobody.example/", ("nobody.example", "Referral")),
]


def test_a_running_server_knows_the_new_names(tmp_path: Path, server: FileServer) -> None:
    running = tools_on(tmp_path)
    assert outcome(running, "https://seekwell.example/") == ("seekwell.example", "Referral")
    counts = update_lists(tmp_path, server.url, NOW)
    running.refresh()
    assert counts == {"search": 3, "social": 1, "assistant": 1, "spam": 3}
    for tools in (running, tools_on(tmp_path)):
        assert [outcome(tools, referrer) for referrer, _ in AFTERWARDS] == [told for _, told in AFTERWARDS]


def test_only_the_named_host_is_asked_and_only_for_the_lists(tmp_path: Path, server: FileServer) -> None:
    update_lists(tmp_path, server.url, NOW)
    assert [path for path, _ in server.asked] == [f"/{part.file}" for part in PARTS]
    assert {path.name for path in tmp_path.iterdir()} == {"lists"}
    assert (tmp_path / "lists" / "sources.toml").stat().st_mode & 0o777 == 0o600


def test_a_directory_serves_as_well_and_assistants_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    for name, content in lists().items():
        if name != "/AIAssistants.yml":
            (tmp_path / "mirror" / name[1:]).write_bytes(content)
    assert update_lists(tmp_path / "data", str(tmp_path / "mirror"), NOW)["assistant"] == 0
    assert outcome(tools_on(tmp_path / "data"), "https://seekwell.example/")[0] == "Seekwell"


LAUGHS = "a: &a [x.example, x.example]\nb: &b [*a, *a]\nSeek: [*b, *b]\n"

BAD = [
    ("Socials.yml", None, "has no /Socials.yml"),
    ("Socials.yml", LAUGHS, "not a plain table"),
    ("Socials.yml", "[" * 5000, "not YAML"),
    ("Socials.yml", "a: [b\n", "not YAML"),
    ("Socials.yml", "- x.example\n", "not a plain table"),
    ("Socials.yml", "A:\n  - https://x.example/path\n", "holds no host"),
    ("Socials.yml", "A: !!python/object/apply:os.system [id]\n", "not YAML"),
    ("spammers.txt", "\n\n", "holds no host"),
    ("spammers.txt", "\udcff", "not text in UTF-8"),
    ("SearchEngines.yml", "<html>no such page</html>", "not a plain table"),
    ("SearchEngines.yml", "x" * (3 << 20), "cannot be right"),
]


@pytest.mark.parametrize(("file", "text", "told"), BAD)
def test_what_is_not_right_changes_nothing(
    file: str, text: str | None, told: str, tmp_path: Path, server: FileServer
) -> None:
    update_lists(tmp_path, server.url, NOW)
    before = (tmp_path / "lists" / "sources.toml").read_bytes()
    server.files.pop(f"/{file}")
    if text is not None:
        server.files[f"/{file}"] = text.encode(errors="surrogateescape")
    with pytest.raises(UpdateFault, match=told) as fault:
        update_lists(tmp_path, server.url, NOW)
    assert "\n" not in str(fault.value)
    assert (tmp_path / "lists" / "sources.toml").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"lists"}


def test_a_list_broken_by_hand_does_not_stop_a_running_server(tmp_path: Path, server: FileServer) -> None:
    update_lists(tmp_path, server.url, NOW)
    running = tools_on(tmp_path)
    (tmp_path / "lists" / "sources.toml").write_text("[search\n")
    running.refresh()
    assert outcome(running, "https://seekwell.example/")[0] == "Seekwell"


PATTERNS = [
    ("google.com", False, "google.com"),
    ("www.Google.com", False, "google.com"),
    ("google.{}", False, "google.*"),
    ("{}.search.yahoo.com", False, ".search.yahoo.com"),
    ("{}.yandex.{}", False, ".yandex.*"),
    ("facebook.com", True, ".facebook.com"),
    ("example.com/path", False, ""),
    ("https://example.com", False, ""),
    ("user@example.com", True, ""),
    ("localhost", False, ""),
    ("a..b", False, ""),
    ("{}", False, ""),
    ('x" = "y.example', False, ""),
    ("", True, ""),
]


@pytest.mark.parametrize(("url", "is_suffix", "pattern"), PATTERNS)
def test_a_host_is_said_our_way(url: str, is_suffix: bool, pattern: str) -> None:
    assert pattern_of(url, is_suffix) == pattern


def test_the_format_is_that_of_our_own_table(tmp_path: Path, server: FileServer) -> None:
    update_lists(tmp_path, server.url, NOW)
    table = tomllib.loads((tmp_path / "lists" / "sources.toml").read_text())
    assert table["search"]["Seekwell"] == ".old.seekwell.example seekwell.*  seekwell.example".replace("  ", " ")
    assert set(table) == {"search", "social", "assistant", "spam"}
    texts = {"search": SEARCH, "social": SOCIAL, "assistant": ASSISTANTS}
    assert {kind: set(table[kind]) for kind in texts} == {
        part.kind: set(table_of(texts[part.kind], part)) for part in PARTS if part.kind in texts
    }
