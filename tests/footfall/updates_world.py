"""A world for the tests of updates: a file server on loopback that tells what it was asked, and small files to serve.

Not a test. Geography files are made here, lists are written here in Matomo's format; nothing is anybody's data.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

SEARCH = """
Seekwell:
  - urls:
      - seekwell.example
      - seekwell.{}
      - seekwell.example/deep/path
    params: [q]
  - urls: ['{}.old.seekwell.example']
Bing:
  - urls: [bing.com, www.newbing.example]
Odd "name" \\ of it:
  - urls: [odd.example]
"""
SOCIAL = "Chatterbox:\n  - chatterbox.example\n  - x.com\nFacebook:\n  - not a host\n"
ASSISTANTS = "Oracle of Ours:\n  - oracle.example\n"
SPAM = "cheap-clicks.example\nsemalt.com\ngoogle.com\n\n"


def lists() -> dict[str, bytes]:
    """Return the four files, by path."""
    texts = {"SearchEngines.yml": SEARCH, "Socials.yml": SOCIAL, "AIAssistants.yml": ASSISTANTS, "spammers.txt": SPAM}
    return {f"/{name}": text.encode() for name, text in texts.items()}


def geo_file(kind: str = "DBIP-Country-Lite", country: str = "DE", network: str = "203.0.113.0/24") -> bytes:
    """Make a geography file of one network."""
    writer = MMDBWriter(6, kind, ipv4_compatible=True, description="made for a test")
    record: dict[str, Any] = {"country": {"iso_code": country}, "city": {"names": {"en": "Berlin"}}}
    writer.insert_network(IPSet([network]), record if country else {"continent": {"code": "EU"}})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.mmdb"
        writer.to_db_file(str(path))
        return path.read_bytes()


def tarred(members: dict[str, bytes]) -> bytes:
    """Pack files as MaxMind does."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def geolite2(packed: bytes, edition: str = "Country") -> dict[str, bytes]:
    """Serve a packed file and its checksum where MaxMind does."""
    place = f"/GeoLite2-{edition}/download?suffix=tar.gz"
    return {place: packed, f"{place}.sha256": f"{hashlib.sha256(packed).hexdigest()}  x.tar.gz\n".encode()}


def dbip(content: bytes, month: str = "2026-11", edition: str = "country") -> dict[str, bytes]:
    return {f"/dbip-{edition}-lite-{month}.mmdb.gz": gzip.compress(content)}


@dataclass
class FileServer:
    """What it serves may be changed while it runs."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    sent_on: dict[str, str] = field(default_factory=dict)
    """Path -> where it redirects to."""
    short_by: int = 0
    """Bytes promised and not sent."""
    status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and `Authorization` of each request."""


@contextlib.contextmanager
def serving(files: dict[str, bytes] | None = None) -> Iterator[FileServer]:
    """Run a file server during the block."""
    told = FileServer(files=files or {})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append((self.path, self.headers.get("Authorization", "")))
            content = told.files.get(self.path)
            if self.path in told.sent_on:
                self.send_response(302)
                self.send_header("Location", told.sent_on[self.path])
                content = b""
            else:
                self.send_response(404 if content is None else told.status)
            self.send_header("Content-Length", str(len(content or b"") + told.short_by))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
