"""What tests of the registry stand on: a clock that a test may move, and a PostgreSQL server of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

NO_REDIS = "needs Redis: apt-get install redis-server, and pip install -e '.[redis]'"
DISKLESS = ("--save", "", "--appendonly", "no")


@dataclass
class Clock:
    """What time it is, until a test says otherwise."""

    time: datetime = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


@contextmanager
def started_postgres(programs: Path) -> Iterator[str]:
    """Run a server on a socket in a directory of its own; it refuses to run as root, so root lends it another user."""
    user = "postgres" if os.geteuid() == 0 else None
    # Not tempfile's own choice: an embedded store in this process may have moved that into its private directory.
    place = os.environ.get("PYTEST_DEBUG_TEMPROOT") or os.environ.get("TMPDIR", "/tmp")
    home = Path(tempfile.mkdtemp(prefix="footfall-postgres-", dir=place))
    try:
        if user:
            shutil.chown(home, user)
        initdb = [programs / "initdb", "-D", home / "data", "-U", "postgres", "-A", "trust", "--no-sync"]
        subprocess.run(initdb, user=user, cwd=home, check=True, stdout=subprocess.DEVNULL)
        options = ["-k", home, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off"]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", home / "data", *options], user=user, cwd=home, stdout=log, stderr=log
            )
        try:
            ready = [programs / "pg_isready", "-h", home, "-q"]
            while subprocess.run(ready, check=False).returncode:
                assert server.poll() is None, (home / "log").read_text()
            yield f"postgresql+psycopg://postgres@/postgres?host={home}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()
    finally:
        shutil.rmtree(home)


@contextmanager
def database_on(server: str, template: str) -> Iterator[str]:
    """Make a database on a PostgreSQL server, and drop it afterwards."""
    name = f"footfall_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"create database {name} template {template}"))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f"drop database {name} with (force)"))
    finally:
        engine.dispose()


@contextmanager
def started_redis(*options: str) -> Iterator[str]:
    """Run a Redis on a socket in a directory of its own; yield its address."""
    with tempfile.TemporaryDirectory(prefix="footfall-redis-") as home:
        socket = f"{home}/socket"
        command = ["redis-server", "--port", "0", "--unixsocket", socket, "--dir", home, *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout
                for line in server.stdout:
                    if "ready to accept connections" in line.lower():
                        break
                else:
                    raise AssertionError("redis-server did not start")
                yield f"unix://{socket}"
            finally:
                server.terminate()


def run_together(program: str, count: int, *words: str) -> list[str]:
    """Run a Python program in so many processes that all begin at one moment; return what each one printed.

    The program is told to go by a line on its stdin, after it has printed `ready`.
    """
    script = f"import sys\n{program}\n"
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * count
    return told
