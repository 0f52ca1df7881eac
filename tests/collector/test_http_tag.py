"""The snippet over HTTP: the right file for the site, cached as long as it is right, packed as the browser likes it."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
from pathlib import Path
from typing import Any, get_args

import httpx
import msgspec
import pytest
from http_world import Town
from starlette.routing import Route, Router

from collector.tag import DIST, Policies, Tag, TagMissingError, policy_of
from registry.site import CookiesDisabled, Denied, Mode, Signal, Site

STANDARD = "optout daily:DAILY,1,zone,ref,source"
BUILT = f'const policy="{STANDARD}";'
PARTS = {"vitals": "export default () => {}", "privacy": "/* the widget */"}
POLICIES = {
    "key": ["mode", "gpc"],
    "rules": {"daily decline": "optout daily:DAILY", "daily ignore": "daily:DAILY", "none decline": "none:COUNT"},
}
PLAIN = Site(id=1, host="plain.example")
STRICT = Site(id=2, host="strict.example", mode="none", place="none", keep_query=("q", 'a"b'))


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "snippet.min.js").write_text(BUILT)
    (tmp_path / "snippet.min.js.br").write_bytes(b"packed by brotli")
    (tmp_path / "snippet.min.js.gz").write_bytes(gzip.compress(BUILT.encode()))
    for name, script in PARTS.items():
        (tmp_path / f"{name}.min.js").write_text(script)
        (tmp_path / f"{name}.min.js.br").write_bytes(b"packed by brotli as well")
        (tmp_path / f"{name}.min.js.gz").write_bytes(gzip.compress(script.encode()))
    (tmp_path / "manifest.json").write_text(json.dumps({"placeholder": STANDARD, "version": "1"}))
    (tmp_path / "policies.json").write_text(json.dumps(POLICIES))
    return tmp_path


def fetch(tag: Tag, path: str = "/s.js", host: str = "stats.example", **headers: str) -> httpx.Response:
    async def fetch() -> httpx.Response:
        app = Router([Route("/s.js", tag.latest), Route("/s.{hash}.js", tag.pinned)])
        told = {"accept-encoding": "identity", **{name.replace("_", "-"): value for name, value in headers.items()}}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"https://{host}") as client:
            return await client.get(path, headers=told)

    return asyncio.run(fetch())


def test_a_page_gets_the_file_as_built(dist: Path) -> None:
    answer = fetch(Tag(Town(PLAIN), dist=dist))
    assert (answer.status_code, answer.text) == (200, BUILT)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br; q=0.0, gzip; q=0", None),
        ("identity", None),
        ("*", None),
        ("", None),
        ("brotli", None),
    ],
)
def test_the_smallest_coding_that_the_browser_names_is_sent(dist: Path, accepted: str, coding: str | None) -> None:
    raw: dict[str, Any] = {}

    async def send(message: Any) -> None:
        raw.setdefault("start", message)

    async def scenario() -> None:
        scope = {
            "type": "http", "method": "GET", "path": "/s.js", "query_string": b"", "root_path": "",
            "headers": [(b"accept-encoding", accepted.encode())],
        }  # fmt: skip
        await Router([Route("/s.js", Tag(Town(PLAIN), dist=dist).latest)])(scope, lambda: None, send)  # type: ignore[arg-type,return-value]

    asyncio.run(scenario())
    headers = dict(raw["start"]["headers"])
    assert headers.get(b"content-encoding", b"").decode() == (coding or "")


def test_the_same_file_is_not_sent_twice(dist: Path) -> None:
    tag = Tag(Town(PLAIN), dist=dist)
    first = fetch(tag)
    again = fetch(tag, if_none_match=f'"other", {first.headers["etag"]}')
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["vary"] == "Accept-Encoding"
    assert fetch(tag, accept_encoding="gzip").headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("path", "host", "headers", "is_strict", "vary"),
    [
        ("/s.js", "strict.example", {}, True, "Accept-Encoding"),
        ("/s.js", "www.strict.example", {}, True, "Accept-Encoding"),
        ("/s.js?site=strict.example", "stats.example", {}, True, "Accept-Encoding"),
        (
            "/s.js?site=unknown.example",
            "stats.example",
            {"referer": "https://strict.example/"},
            False,
            "Accept-Encoding",
        ),
        ("/s.js", "stats.example", {"referer": "https://strict.example/a?b"}, True, "Accept-Encoding, Referer"),
        ("/s.js", "stats.example", {"referer": "https://plain.example/"}, False, "Accept-Encoding, Referer"),
        ("/s.js", "stats.example", {}, False, "Accept-Encoding, Referer"),
        ("/s.js", "plain.example", {"referer": "https://strict.example/"}, False, "Accept-Encoding"),
    ],
)
def test_the_sites_policy_is_in_the_file(
    dist: Path, path: str, host: str, headers: dict[str, str], is_strict: bool, vary: str
) -> None:
    answer = fetch(Tag(Town(PLAIN, STRICT), dist=dist), path, host, **headers)
    assert answer.text == BUILT.replace(STANDARD, "none:COUNT,1,,ref,source,q" if is_strict else STANDARD)
    assert answer.headers["vary"] == vary


def test_a_changed_policy_is_in_the_next_answer(dist: Path) -> None:
    town = Town(PLAIN)
    tag = Tag(town, dist=dist)
    before = fetch(tag, host="plain.example")
    town.__init__(Site(id=1, host="plain.example", gpc="ignore"), revision=2)  # type: ignore[misc]
    after = fetch(tag, host="plain.example")
    assert before.text != after.text
    assert before.headers["etag"] != after.headers["etag"]


def test_a_name_with_a_hash_is_for_ever_and_a_wrong_one_is_none(dist: Path) -> None:
    tag = Tag(Town(PLAIN, STRICT), dist=dist)
    for site in (None, PLAIN, STRICT):
        variant = tag.variant_of(site)
        answer = fetch(tag, f"/s.{variant.hash}.js")
        assert answer.content == variant.bodies[""]
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert fetch(tag, "/s.0123456789abcdef.js").status_code == 404


@pytest.mark.parametrize("name", PARTS)
def test_what_few_pages_fetch_is_the_same_for_every_site_and_packed_as_well(dist: Path, name: str) -> None:
    tag = Tag(Town(PLAIN, STRICT), dist=dist)
    for host in ("plain.example", "strict.example"):
        answer = fetch(tag, f"/s.{name}.js", host)
        assert (answer.status_code, answer.text) == (200, PARTS[name])
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"] == "public, max-age=600"
        # A module from another origin is asked for with CORS.
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["vary"] == "Accept-Encoding"
    assert fetch(tag, f"/s.{name}.js", accept_encoding="gzip").headers["content-encoding"] == "gzip"


def test_an_opt_out_is_renewed_and_then_no_shared_cache_may_keep_the_answer(dist: Path) -> None:
    tag = Tag(Town(PLAIN), dist=dist)
    for extra in ({}, {"if_none_match": fetch(tag).headers["etag"]}):
        answer = fetch(tag, cookie="footfall_optout=1", **extra)
        assert answer.headers["set-cookie"] == "footfall_optout=1; Max-Age=34560000; Path=/; SameSite=Lax; Secure"
        assert answer.headers["cache-control"].startswith("private")
    assert "set-cookie" not in fetch(tag, cookie="footfall_optout=0").headers


def test_the_built_file_holds_the_standard_policy_once_and_has_rules_for_every_site() -> None:
    policies = msgspec.json.decode((DIST / "policies.json").read_bytes(), type=Policies)
    standard = policy_of(Site(id=1, host="a.example"), policies)
    assert (DIST / "snippet.min.js").read_text().count(f'"{standard}"') == 1
    for settings in itertools.product(*(get_args(kind) for kind in (Mode, Signal, Signal, CookiesDisabled, Denied))):
        said = dict(zip(("mode", "gpc", "dnt", "cookies_disabled", "denied"), settings, strict=True))
        assert policy_of(msgspec.structs.replace(PLAIN, **said), policies)


def test_without_a_built_snippet_the_start_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TagMissingError, match="npm run build"):
        Tag(Town(PLAIN), dist=tmp_path)
