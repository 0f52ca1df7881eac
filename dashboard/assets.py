"""Static files under names that hold a hash of their content, so that a browser may keep them for ever.

In: the files of `static/`. Out: `/static/<name>.<hash>.<ext>`, read once, gzipped once, served from memory with
`immutable`. A wrong hash is a 404, never another version's file. Only what lies in the folder at start can be asked
for: a path is looked up in a table and never joined to a folder.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dashboard.errors import NotHere

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
PACKED = {".png", ".woff2"}
FOR_EVER = "public, max-age=31536000, immutable"


class Asset(msgspec.Struct, frozen=True):
    """One static file, ready to send."""

    url: str
    media_type: str
    body: bytes
    gzipped: bytes
    """Empty where packing does not help."""


def load(folder: Path) -> dict[str, Asset]:
    """Read a folder into a table by file name; files of other kinds are left out."""
    found = (path for path in sorted(folder.glob("*")) if path.suffix in MEDIA_TYPES)
    return {path.name: pack(path.name, path.read_bytes()) for path in found}


def pack(name: str, body: bytes) -> Asset:
    stem, dot, kind = name.rpartition(".")
    digest = hashlib.sha256(body).hexdigest()[:10]
    small = b"" if dot + kind in PACKED else gzip.compress(body, 9, mtime=0)
    return Asset(f"/static/{stem}.{digest}.{kind}", MEDIA_TYPES[dot + kind], body, small)


ASSETS: Mapping[str, Asset] = load(STATIC)
BY_URL: Mapping[str, Asset] = {asset.url: asset for asset in ASSETS.values()}


def asset_url(name: str) -> str:
    """Say where a static file is, below the dashboard's own root; KeyError for a file that does not exist."""
    return ASSETS[name].url


async def serve_asset(request: Request) -> Response:
    """Answer `GET /static/{name}`."""
    asset = BY_URL.get(f"/static/{request.path_params['name']}")
    if asset is None:
        raise NotHere("There is no such file.")
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    if asset.gzipped and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.gzipped, headers={**headers, "Content-Encoding": "gzip"}, media_type=asset.media_type)
    return Response(asset.body, headers=headers, media_type=asset.media_type)
