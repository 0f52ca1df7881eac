"""What a benchmark needs of a process: start it, know when it is ready, read its clock and its memory, end it.

In: words for the command line and an environment. Out: a `Running`, ended by its own pid at the end of the block, and
figures from /proc (Linux). Everything listens on 127.0.0.1 and lives in a temporary directory that goes with the block.
Nothing of the product is imported here: a benchmark knocks at public doors.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = "127.0.0.1"
TICK = os.sysconf("SC_CLK_TCK")
FOOTFALL = (sys.executable, "-m", "footfall")


@dataclass(frozen=True)
class Running:
    """A process under measurement."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.port}"

    def cpu_seconds(self) -> float:
        """CPU time of all its threads so far, and of the processes that it has started and that still run."""
        return sum(_cpu_in(Path(f"/proc/{pid}/stat")) for pid in (self.process.pid, *self.children()))

    def children(self) -> list[int]:
        """Processes that it has started itself."""
        found = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for file in found for pid in file.read_text().split()]

    def hands(self) -> list[int]:
        """Children that receive events."""
        return [pid for pid in self.children() if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def loop_seconds(self) -> float:
        """CPU time of its main thread, where the event loop runs."""
        return _cpu_in(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/stat"))

    def rss_mb(self) -> float:
        """Resident memory: what the process alone has (anonymous), and files mapped from disk."""
        return sum(self.memory_mb())

    def memory_mb(self, pid: int = 0) -> tuple[float, float]:
        """Resident megabytes (10^6) of it, or a child: its own, and pages of files, which the system may take back."""
        lines = Path(f"/proc/{pid or self.process.pid}/status").read_text().splitlines()
        kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if "Rss" in name}
        return kib["RssAnon"] * 1.024e-3, (kib["RssFile"] + kib["RssShmem"]) * 1.024e-3


def _cpu_in(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A directory for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="footfall-bench-") as name:
        try:
            yield Path(name)
        finally:
            shutil.rmtree(_salts_of(Path(name)), ignore_errors=True)


def _salts_of(directory: Path) -> Path:
    """Where the salts lie of what runs in `directory`: in memory, and all its processes reach it."""
    return Path("/dev/shm") / directory.name


def environment(directory: Path, **settings: str) -> dict[str, str]:
    """No setting of the person who runs this, and everything inside `directory`; `settings` as FOOTFALL_<NAME>."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("FOOTFALL_")}
    salts = f"dir:{_salts_of(directory)}" if os.path.ismount("/dev/shm") else "memory:"
    own = {"DATA": str(directory / "data"), "SALTS": salts, "LOG_LEVEL": "warning", **settings}
    return plain | {f"FOOTFALL_{name}": value for name, value in own.items()}


def footfall(directory: Path, *words: str) -> str:
    """Run a command of the product to its end; its words on a failure are ours."""
    done = subprocess.run(
        [*FOOTFALL, *words], cwd=directory, env=environment(directory), capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        raise SystemExit(f"footfall {' '.join(words)}: {done.stderr}")
    return done.stdout


@contextlib.contextmanager
def started(
    directory: Path, command: tuple[str, ...], ready_path: str, port: int, *, seconds: float = 300, store: str = ""
) -> Iterator[Running]:
    """Start a server; enter the block when `ready_path` answers 200, end it by its pid afterwards."""
    settings = {"STORE": store} if store else {}
    with (directory / f"{port}.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=directory, env=environment(directory, **settings), stdout=log, stderr=log, text=True
        )
    running = Running(process, port)
    try:
        await_answer(running, ready_path, seconds)
        yield running
    finally:
        end(process)


def await_answer(running: Running, path: str, seconds: float) -> None:
    """Ask until it answers 200. Raises SystemExit when the process ended or the time is up."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if running.process.poll() is not None:
            raise SystemExit(f"{running.process.args!r} ended with {running.process.returncode} before it was ready")
        with contextlib.suppress(OSError), urllib.request.urlopen(running.url + path, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.01)
    raise SystemExit(f"{running.process.args!r} was not ready after {seconds} s")


def serving(directory: Path, *words: str, store: str = "") -> contextlib.AbstractContextManager[Running]:
    """Start `footfall serve`."""
    port = free_port()
    return started(directory, (*FOOTFALL, "serve", "--port", str(port), *words), "/readyz", port, store=store)


def demonstrating(directory: Path, *words: str) -> contextlib.AbstractContextManager[Running]:
    """Start `footfall demo` on the data directory: its dashboard is open to this machine."""
    port, data = free_port(), str(directory / "data")
    return started(
        directory, (*FOOTFALL, "demo", "--port", str(port), "--data", data, *words), "/readyz", port, seconds=900
    )


def end(process: subprocess.Popen[str]) -> None:
    """Ask it to stop, as an operator would; insist after a while."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def fetch(url: str, headers: dict[str, str] | None = None) -> bytes:
    """GET; the body as it came over the wire."""
    request = urllib.request.Request(url, headers=headers or {})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return bytes(answer.read())


def machine() -> str:
    """One line about where and how busy this is, for the report."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    model, version = models[0] if models else "unknown", sys.version.split()[0]
    return f"{os.cpu_count()} cores ({model}), load before the run {load}, Python {version}"
