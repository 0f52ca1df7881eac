"""ClickHouse's HTTP interface over embedded ClickHouse, so that tests speak to a server where none can be installed.

In: requests of the real clickhouse-connect client: `POST /?query,database,query_id,param_*,<settings>` whose body is a
statement, or `INSERT ... FORMAT Native`, a newline, and bytes. Out: what a server sends, headers and error codes
included. Faults can be ordered, by `Facade.inject` or `GET /__fault`, for the next statements that match.
Use it as a context manager (a thread beside the engine of this process), or run it: `python facade.py DIRECTORY`
prints its port; kill it to see what a dying server does. It checks no password and knows one database engine.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb
from facade_statement import Refused, compress, read, run


@dataclass
class Fault:
    """What to do to the next `times` statements that match.

    Kinds: `reset_before` and `reset_after` (the connection breaks before or after the statement ran), `hang`, `slow`,
    `truncate` (half an answer), `http` (status `code`), `refuse` (ClickHouse's error `code`).
    """

    kind: str
    match: str = ""
    times: int = 1
    seconds: float = 0.0
    code: int = 0


@dataclass
class Facade:
    """The server. `log` holds the statements it was sent, `urls` where to, `faults` what is to go wrong."""

    directory: Path
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    host: str = "facade"
    """What the server calls itself; tests change it to be answered by another one."""
    began: float = 0.0
    """When it was started, in seconds since 1970, as far as `uptime()` tells."""

    def __post_init__(self) -> None:
        self._born = self.began = time.time() - 3600
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.facade = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def dsn(self, database: str) -> str:
        return f"clickhouse://default:@127.0.0.1:{self.port}/{database}"

    def inject(self, kind: str, match: str = "", **how: Any) -> None:
        with self._lock:
            self.faults.append(Fault(kind, match, **how))

    def heal(self) -> None:
        with self._lock:
            self.faults.clear()
            self.log.clear()
            self.urls.clear()
            self.host, self.began = "facade", self._born

    def restart(self) -> None:
        """Begin anew, well after the last time. What is stored stays: a test loses what it wants lost."""
        self.began = max(time.time(), self.began + 10)

    def note(self, sql: str) -> Fault | None:
        """Log a statement; return the fault that is due for it."""
        with self._lock:
            self.log.append(sql)
            for fault in self.faults:
                if fault.times > 0 and re.search(fault.match, sql, re.IGNORECASE | re.DOTALL):
                    fault.times -= 1
                    return fault
        return None

    def serve(self) -> None:
        self._server.serve_forever()

    def __enter__(self) -> Facade:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    facade: Facade

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away in the middle is not worth a traceback."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        if url.path == "/ping":
            self._reply(200, b"Ok.\n")
        elif url.path == "/__fault":
            numbers = {"times": int, "seconds": float, "code": int}
            how = {name: kind(query[name]) for name, kind in numbers.items() if name in query}
            self.server.facade.inject(query["kind"], query.get("match", ""), **how)
            self._reply(200, b"ok\n")
        elif url.path == "/__log":
            self._reply(200, json.dumps(self.server.facade.log).encode())
        elif url.path == "/__heal":
            self.server.facade.heal()
            self._reply(200, b"ok\n")
        else:
            self._answer(query, b"")

    def do_POST(self) -> None:
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        self._answer(query, self._body())

    def _answer(self, query: dict[str, str], body: bytes) -> None:
        self.server.facade.urls.append(self.path)
        try:
            statement = read(query, self.headers, body)
            statement.host = self.server.facade.host
            statement.seconds_up = int(time.time() - self.server.facade.began)
            fault = self.server.facade.note(statement.sql)
            if fault is not None and self._spoil(fault):
                return
            data, output = run(self.server.facade.directory, statement)
        except Refused as refusal:
            self._reply(refusal.status, str(refusal).encode(), {"X-ClickHouse-Exception-Code": str(refusal.code)})
            return
        if fault is not None and fault.kind == "reset_after":
            self._reset()
            return
        headers = {
            "X-ClickHouse-Summary": '{"read_rows":"0","written_rows":"0"}',
            "X-ClickHouse-Query-Id": query.get("query_id") or str(uuid.uuid4()),
            "X-ClickHouse-Format": output,
            "X-ClickHouse-Timezone": "UTC",
            "X-ClickHouse-Server-Display-Name": "facade",
            "Content-Type": "application/octet-stream",
        }
        if query.get("enable_http_compression") == "1" and data:
            data, headers["Content-Encoding"] = compress(data, self.headers.get("Accept-Encoding") or "")
        self._reply(200, data, headers, half=fault is not None and fault.kind == "truncate")

    def _spoil(self, fault: Fault) -> bool:
        """Do what the fault says before the statement runs; return whether that was all."""
        if fault.kind == "slow":
            time.sleep(fault.seconds)
        elif fault.kind == "hang":
            time.sleep(fault.seconds or 3600)
            self._reset()
            return True
        elif fault.kind == "reset_before":
            self._reset()
            return True
        elif fault.kind == "http":
            self._reply(fault.code, b"injected\n")
            return True
        elif fault.kind == "refuse":
            raise Refused(fault.code, f"Code: {fault.code}. DB::Exception: injected. (INJECTED)")
        return False

    def _reset(self) -> None:
        """Break the connection as a dying server does: RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RD)
        self.connection.close()
        self.close_connection = True

    def _body(self) -> bytes:
        if "chunked" not in (self.headers.get("Transfer-Encoding") or ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _reply(self, status: int, data: bytes, headers: Mapping[str, str | None] = {}, *, half: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if half else data)
        if half:
            self.wfile.flush()
            self._reset()


if __name__ == "__main__":
    alone = Facade(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    with chdb.connect(sys.argv[1]):  # one handle that stays open keeps the engine
        print(alone.port, flush=True)
        alone.serve()
