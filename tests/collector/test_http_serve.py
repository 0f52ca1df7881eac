"""`footfall serve` as an operator has it: a process of its own, its start, its refusals to start, and its end."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.registry import Registry

ROOT = Path(__file__).parents[2]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
CANARY = "canary9c1e"
CANARY_ADDRESS = "203.0.113.77"
PATIENCE = 60.0
pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")


def wait_for(is_so: Callable[[], Any], what: str) -> Any:
    """Ask until it is so."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        answer = is_so()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited in vain: {what}")


class Server:
    """One running `footfall serve`."""

    def __init__(self, data: Path, *words: str, **environ: str) -> None:
        self.data = data
        self._output = data.parent / f"{len(list(data.parent.glob('*.out')))}.out"
        self._file = self._output.open("w")
        told = {"FOOTFALL_DATA": str(data), "FOOTFALL_SALTS": f"dir:{data.parent / 'salts'}", **environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "footfall", "serve", "--port", "0", *words],
            cwd=data.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **told},
            stdout=self._file,
            stderr=subprocess.STDOUT,
        )

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def url(self) -> str:
        found = wait_for(
            lambda: re.search(r"listening on (http://\S+);", self.output) or self.process.poll() is not None,
            "the start",
        )
        assert found is not True, self.output
        return str(found[1])

    def send(self, count: int = 1, **fields: Any) -> list[int]:
        url = self.url
        with httpx.Client(headers={"user-agent": BROWSER, "content-type": "text/plain"}) as client:
            event = {"n": "pageview", "u": "https://example.com/", **fields}
            return [client.post(f"{url}/e", content=json.dumps(event)).status_code for _ in range(count)]

    def metric(self, name: str) -> float:
        text = urllib.request.urlopen(f"{self.url}/metrics").read().decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(PATIENCE)
        self._file.close()
        return code


Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start servers on one data directory with one site, and end them all."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with Registry.open(f"sqlite:///{data / 'registry.sqlite'}") as registry:
        registry.sites.add("example.com")
    servers: list[Server] = []

    def start(*words: str, **environ: str) -> Server:
        servers.append(Server(data, *words, **environ))
        return servers[-1]

    yield start
    for server in servers:
        server.end()


def test_an_event_is_stored_and_shown_within_two_seconds_and_the_end_is_clean(start: Start) -> None:
    server = start()
    assert server.send(3) == [202] * 3
    wait_for(lambda: server.metric("footfall_events_kept_total") == 3, "three events in the store")
    assert json.loads(urllib.request.urlopen(f"{server.url}/readyz").read())["status"] == "ready"
    assert server.end() == 0
    assert "Traceback" not in server.output


def test_everything_answered_with_202_is_stored_although_the_end_comes_at_once(start: Start) -> None:
    server = start()
    accepted = server.send(200).count(202)
    assert accepted == 200
    began = time.monotonic()
    assert server.end() == 0
    assert time.monotonic() - began < PATIENCE
    again = start()
    wait_for(lambda: again.metric("footfall_spool_events") == 0, "an empty spool")
    assert stored(again) == 200


def stored(server: Server) -> int:
    """End the server and count the rows of its store."""
    assert server.end() == 0
    code = (
        "from clickhouse.client import connect\n"
        f"with connect('chdb://{server.data / 'store'}') as store:\n"
        "    print(store.query('select count() from events')[0][0])\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return int(out.stdout)


def test_a_refusal_is_counted_once_over_a_restart(start: Start) -> None:
    first = start()
    assert first.send(2, d="nobody.example") == [202] * 2
    assert first.metric("footfall_events_refused_total") == 2
    assert first.end() == 0
    second = start()
    assert second.metric("footfall_events_refused_total") == 0
    assert second.end() == 0


def test_two_hundred_idle_and_half_open_connections_do_not_hold_up_the_end(start: Start) -> None:
    server = start()
    host, port = server.url.removeprefix("http://").split(":")
    firsts = [b"", b"POST /e HTTP/1.1\r\nhost: a\r\n", b"POST /e HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nab"]
    connections = [socket.create_connection((host, int(port))) for _ in range(200)]
    for number, connection in enumerate(connections):
        connection.sendall(firsts[number % 3])
    assert server.send() == [202]
    assert server.end() == 0
    for connection in connections:
        connection.close()
    assert "Traceback" not in server.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_signals_end_it_with_exit_code_0(start: Start, number: signal.Signals) -> None:
    server = start()
    assert server.url
    server.process.send_signal(number)
    assert server.process.wait(PATIENCE) == 0


def one_line(server: Server, *words: str) -> str:
    """The server has to refuse to start with exit code 2 and one line."""
    assert server.process.wait(PATIENCE) == 2, server.output
    told = server.output.strip()
    assert told.count("\n") == 0, told
    assert told.startswith("footfall: ")
    for word in words:
        assert word in told
    return told


def test_a_second_process_on_the_same_data_refuses_in_one_line(start: Start) -> None:
    first = start()
    assert first.url
    one_line(start(), str(first.data), "FOOTFALL_DATA")
    assert first.send() == [202]


def test_a_taken_port_is_told_in_one_line(start: Start, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one_line(start("--port", str(port)), str(port), "--port")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"FOOTFALL_TRUSTED_PROXIES": "*"}, ["FOOTFALL_TRUSTED_PROXIES", "CIDR"]),
        ({"FOOTFALL_STORE": "clickhouse://"}, ["FOOTFALL_STORE"]),
        ({"FOOTFALL_LISTEN": "0.0.0.0:0"}, ["FOOTFALL_BASE_URL"]),
        ({"FOOTFALL_GEO": "/nowhere/geo.mmdb"}, ["FOOTFALL_GEO", "/nowhere/geo.mmdb"]),
        ({"FOOTFALL_GEO": __file__}, ["FOOTFALL_GEO", "MaxMind"]),
        ({"FOOTFALL_DATA": "/dev/null/data"}, ["/dev/null"]),
        ({"FOOTFALL_REGISTRY": "sqlite:////dev/null/registry"}, []),
    ],
    ids=lambda value: "" if isinstance(value, list) else next(iter(value)),
)
def test_a_setting_that_cannot_work_is_told_in_one_line(
    start: Start, environ: dict[str, str], words: list[str]
) -> None:
    one_line(start(**environ), *words)


def test_no_log_of_the_most_talkative_server_holds_anything_of_a_visitor(start: Start) -> None:
    server = start(FOOTFALL_LOG_LEVEL="debug", PYTHONASYNCIODEBUG="1")
    headers = {
        "user-agent": f"{BROWSER} {CANARY}",
        "x-forwarded-for": CANARY_ADDRESS,
        "referer": f"https://example.com/{CANARY}",
        "cookie": f"footfall_consent={CANARY}; {CANARY}=1",
        "content-type": "text/plain",
    }
    url = f"https://example.com/u/{CANARY}?token={CANARY}"
    with httpx.Client(base_url=server.url, headers=headers) as client:
        assert client.post("/e", content=json.dumps({"n": "pageview", "u": url, "r": url})).status_code == 202
        for body in (b"{" + CANARY.encode(), b"\xff" + CANARY.encode(), b'["' + CANARY.encode() + b'"]'):
            assert client.post(f"/e?{CANARY}", content=body).status_code == 400
            client.post("/privacy/choice", content=body)
        for path in (
            "/privacy",
            f"/{CANARY}",
            f"/sites/{CANARY}",
            f"/share/{CANARY}",
            f"/s.js?site={CANARY}",
            "/metrics",
        ):
            client.get(path)
    host, port = server.url.removeprefix("http://").split(":")
    for junk in (f"GET /{CANARY} HTTP/9\r\n\r\n", f"{CANARY}\r\n\r\n", f"GET / HTTP/1.1\r\nupgrade: {CANARY}\r\n\r\n"):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(junk.encode())
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass
    wait_for(lambda: server.metric("footfall_spool_events") == 0, "an empty spool")
    assert server.end() == 0
    for secret in (CANARY, CANARY_ADDRESS):
        assert secret not in server.output


def test_nothing_but_the_scrubbed_row_of_a_visitor_is_on_disk(start: Start, tmp_path: Path) -> None:
    server = start()
    with httpx.Client(base_url=server.url) as client:
        headers = {"user-agent": f"{BROWSER} {CANARY}", "x-forwarded-for": CANARY_ADDRESS, "content-type": "text/plain"}
        event = {"n": "pageview", "u": f"https://example.com/a?token={CANARY}", "r": f"https://a.example/{CANARY}"}
        assert client.post("/e", content=json.dumps(event), headers=headers).status_code == 202
    wait_for(lambda: server.metric("footfall_events_kept_total") == 1, "the event in the store")
    assert server.end() == 0
    packed = socket.inet_aton(CANARY_ADDRESS)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert CANARY.encode() not in content, path
            assert CANARY_ADDRESS.encode() not in content, path
            assert packed not in content or "store" in path.parts, path


def test_the_server_dumps_no_core_and_keeps_its_data_to_itself(start: Start) -> None:
    server = start()
    assert server.url
    limits = Path(f"/proc/{server.process.pid}/limits")
    if limits.exists():
        assert re.search(r"Max core file size\s+0\s+0\s", limits.read_text())
    for path in (server.data, server.data / "spool" / "0"):
        assert path.stat().st_mode & 0o077 == 0, path
    for path in (server.data / "lock", server.data / "form.key", server.data / "registry.sqlite"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_first_owner_is_let_in_by_a_link_that_is_printed_once(start: Start) -> None:
    server = start()
    found = wait_for(lambda: re.search(r"(http://\S+/setup\?token=\S+)", server.output), "the link")
    assert httpx.get(found[1]).status_code == 200
    assert httpx.get(f"{server.url}/setup?token=wrong").status_code == 404


@pytest.fixture
def clickhouse(tmp_path: Path) -> Iterator[str]:
    """The DSN of a ClickHouse server in a process of its own."""
    directory = tmp_path / "clickhouse"
    directory.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "facade.py"), str(directory)],
        cwd=ROOT / "tests",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().split()[-1])
    yield f"clickhouse://default:x@127.0.0.1:{port}/footfall"
    process.kill()
    process.wait()
    process.stdout.close()


def workers_of(server: Server) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    pids = [int(pid) for pid in children.read_text().split()]
    return [pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_several_workers_receive_count_and_end_as_one(start: Start, clickhouse: str) -> None:
    server = start("--workers", "2", FOOTFALL_STORE=clickhouse)
    assert server.send(40) == [202] * 40
    assert server.send(3, id="ab" * 16) == [202] * 3  # a resend, whichever worker gets it
    assert server.send(2, d="nobody.example") == [202] * 2
    wait_for(lambda: server.metric("footfall_events_kept_total") == 41, "41 events in the store")
    wait_for(lambda: server.metric("footfall_events_duplicate_total") == 2, "two duplicates")
    wait_for(lambda: server.metric("footfall_events_received_total") == 45, "the sum of all workers")
    first, second = workers_of(server)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: len(set(workers_of(server)) - {first, second}) == 1, "a new worker")
    assert server.send(20).count(202) == 20
    wait_for(lambda: server.metric("footfall_spool_events") == 0, "an empty spool")
    left = workers_of(server)
    assert server.end() == 0
    assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
    assert "Traceback" not in server.output


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_workers_do_not_outlive_a_keeper_that_was_killed(start: Start, clickhouse: str) -> None:
    server = start("--workers", "2", FOOTFALL_STORE=clickhouse)
    assert server.send() == [202]
    left = wait_for(lambda: workers_of(server), "the workers")
    server.process.kill()
    wait_for(lambda: not [pid for pid in left if Path(f"/proc/{pid}").exists()], "the end of the workers")


@pytest.mark.parametrize(
    ("words", "environ", "told"),
    [
        (["--workers", "2"], {}, "FOOTFALL_STORE"),
        (
            ["--workers", "2"],
            {"FOOTFALL_STORE": "clickhouse://x@127.0.0.1:1/f", "FOOTFALL_SALTS": "memory:"},
            "FOOTFALL_SALTS",
        ),
        (["--workers", "2", "--only", "dashboard"], {}, "--only dashboard"),
    ],
)
def test_what_several_workers_cannot_share_is_told_in_one_line(
    start: Start, words: list[str], environ: dict[str, str], told: str
) -> None:
    one_line(start(*words, **environ), told)


def test_each_half_can_run_alone(start: Start) -> None:
    collector = start("--only", "collector")
    assert collector.send() == [202]
    assert httpx.get(f"{collector.url}/sites/example.com").status_code == 404
    assert collector.end() == 0
    dashboard = start("--only", "dashboard")
    assert httpx.get(f"{dashboard.url}/").status_code == 200
    assert httpx.post(f"{dashboard.url}/e", content="{}").status_code in (404, 405)
    assert dashboard.end() == 0


def test_a_store_that_is_away_keeps_nobody_from_being_counted(start: Start) -> None:
    server = start(FOOTFALL_STORE="clickhouse://x@127.0.0.1:1/footfall")
    assert server.send(5) == [202] * 5
    answer = httpx.get(f"{server.url}/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert server.end() == 0
