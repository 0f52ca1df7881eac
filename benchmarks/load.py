"""A bounded load: N connections that stay open, each with one request under way, for some seconds and no longer.

In: a port, a list of complete requests, seconds, connections. Out: how many answers of which status came, in what time.
`wrk` carries the load where it is installed, since it takes less from the machine it shares with the server; otherwise
asyncio does. Requests are as browsers send them (about 750 bytes) and made from tables: nothing is random between runs.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from running import HERE

POSTS = 512
CONNECTIONS = 64
SITE = "bench.example"

PLATFORMS = (
    ("Windows NT 10.0; Win64; x64", '"Windows"', "?0"),
    ("Macintosh; Intel Mac OS X 10_15_7", '"macOS"', "?0"),
    ("X11; Linux x86_64", '"Linux"', "?0"),
    ("Linux; Android 10; K", '"Android"', "?1"),
)
LANGUAGES = ("de-AT,de;q=0.9,en;q=0.7", "en-GB,en;q=0.9", "fr-FR,fr;q=0.9,en;q=0.6", "pl-PL,pl;q=0.9", "es-ES,es;q=0.8")
REFERRERS = (
    "",
    "https://www.google.com/",
    "https://news.ycombinator.com/item?id=1",
    "https://duckduckgo.com/",
    "https://t.co/x",
)
PATHS = (
    "/",
    "/pricing",
    "/docs/install",
    "/blog/why-paper-still-wins",
    "/product/{n}?color=blue&utm_source=news&utm_medium=email",
)


@dataclass(frozen=True)
class Outcome:
    """What came back."""

    answered: int
    other: int
    """Answers that were not 202."""
    seconds: float

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


def agent_of(number: int) -> tuple[str, str, str, str]:
    """One of 252 browsers: agent, brand list, platform, mobile."""
    platform, name, mobile = PLATFORMS[number % 4]
    version = 80 + number // 4 % 63
    agent = f"Mozilla/5.0 ({platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0"
    agent += " Mobile Safari/537.36" if mobile == "?1" else " Safari/537.36"
    return agent, f'"Chromium";v="{version}", "Google Chrome";v="{version}", "Not/A)Brand";v="24"', name, mobile


def event_of(number: int) -> dict[str, object]:
    """A page view, or every fifth time a feature with properties."""
    page = PATHS[number % len(PATHS)].format(n=number)
    event: dict[str, object] = {"n": "pageview", "u": f"https://{SITE}{page}", "d": SITE, "v": 1}
    if referrer := REFERRERS[number // 5 % len(REFERRERS)]:
        event["r"] = referrer
    if number % 5 == 4:
        event |= {"n": "add_to_cart", "p": {"plan": "yearly", "position": str(number % 9)}}
    return event


def requests(batch: int, path: str = "/e") -> list[bytes]:
    """The 512 requests; each with its own address, behind a proxy on this machine. `batch` events in each."""
    made = []
    for number in range(POSTS):
        events = [event_of(number + step) for step in range(batch)]
        body = json.dumps(events[0] if batch == 1 else events, separators=(",", ":")).encode()
        agent, brands, platform, mobile = agent_of(number)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {SITE}\r\nConnection: keep-alive\r\nContent-Length: {len(body)}\r\n"
            f"sec-ch-ua-platform: {platform}\r\nUser-Agent: {agent}\r\nsec-ch-ua: {brands}\r\n"
            f"Content-Type: text/plain\r\nsec-ch-ua-mobile: {mobile}\r\nAccept: */*\r\n"
            f"Origin: https://{SITE}\r\nSec-Fetch-Site: same-origin\r\n"
            f"Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nReferer: https://{SITE}/\r\n"
            f"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: {LANGUAGES[number % len(LANGUAGES)]}\r\n"
            f"X-Forwarded-For: {'198.51.100' if number < 256 else '203.0.113'}.{number % 256}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def drive(port: int, posts: list[bytes], seconds: float, directory: Path, connections: int = CONNECTIONS) -> Outcome:
    """Send the posts round and round."""
    if shutil.which("wrk"):
        return _with_wrk(port, posts, seconds, directory, connections)
    return asyncio.run(_with_asyncio(port, posts, seconds, connections))


LUA = """
local file = assert(io.open("{file}", "rb"))
local posts = {{}}
while true do
  local size = file:read("*n")
  if not size then break end
  file:read(1)
  posts[#posts + 1] = file:read(size)
end
local at = 0
function request() at = at % #posts + 1; return posts[at] end
local count = 0
local threads = {{}}
function setup(thread) table.insert(threads, thread) end
function init() good = 0; other = 0 end
function response(status) if status == 202 then good = good + 1 else other = other + 1 end end
function done(summary)
  for _, thread in ipairs(threads) do
    io.write(string.format("answers %d %d %d\\n", thread:get("good"), thread:get("other"), summary.duration))
  end
end
"""


def _with_wrk(port: int, posts: list[bytes], seconds: float, directory: Path, connections: int) -> Outcome:
    file, script = directory / "posts", directory / "load.lua"
    file.write_bytes(b"".join(b"%d\n%b" % (len(post), post) for post in posts))
    script.write_text(LUA.format(file=file))
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{max(1, round(seconds))}s",
        "-s",
        str(script),
        f"http://{HERE}:{port}/e",
    ]
    told = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    found = re.search(r"answers (\d+) (\d+) (\d+)", told)
    if not found:
        raise SystemExit(f"wrk said something else:\n{told}")
    return Outcome(int(found[1]), int(found[2]), int(found[3]) / 1e6)


async def _with_asyncio(port: int, posts: list[bytes], seconds: float, connections: int) -> Outcome:
    statuses: Counter[bytes] = Counter()
    began = time.perf_counter()
    until = began + seconds

    async def visitor(first: int) -> None:
        reader, writer = await asyncio.open_connection(HERE, port)
        at = first
        while time.perf_counter() < until:
            writer.write(posts[at % len(posts)])
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
            statuses[head[9:12]] += 1
            at += connections
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(visitor(number) for number in range(connections)))
    good = statuses.pop(b"202", 0)
    return Outcome(good, statuses.total(), time.perf_counter() - began)
