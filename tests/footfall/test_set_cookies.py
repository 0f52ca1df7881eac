"""Every route of a running server, asked by GET and by POST with every cookie of ours: what it sets is as promised."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest
from cli_world import Home, running
from written_routes import routes_in

pytest.importorskip("chdb", reason="needs the embedded store: pip install -e '.[embedded,test]'")


def test_set_cookie_attributes(home: Home) -> None:
    """#18: no route, however it is asked, sets a cookie that is not ours, first-party and bounded."""
    home.run("site", "add", "localhost", "--preset", "consent")
    lines = []
    paths = sorted({path for room in ("collector", "dashboard") for path in routes_in(room)})
    assert len(paths) > 40
    with running(home) as base:
        for path in paths:
            for method in ("GET", "POST"):
                lines += cookies_of(base.replace("127.0.0.1", "localhost"), method, re.sub(r"\{[^}]+\}", "x", path))
    assert lines
    for line in lines:
        name, *rest = [part.strip() for part in line.split(";")]
        told = {part.partition("=")[0].lower(): part.partition("=")[2] for part in rest}
        assert name.partition("=")[0].removeprefix("__Host-").startswith("footfall_"), line
        assert told["samesite"].lower() in ("lax", "strict"), line
        assert "domain" not in told, line
        assert told["path"] == "/", line
        assert int(told.get("max-age", 0)) <= 34_560_000, line


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_named: object) -> None:
        return None


def cookies_of(base: str, method: str, path: str) -> list[str]:
    """Ask as a browser with every cookie of ours and a form would; return the Set-Cookie lines."""
    headers = {"Cookie": f"footfall_optout=1; footfall_consent=1.1.1700000000.g.0; footfall_vid=1.aaaa.{'A' * 22}",
               "Sec-Fetch-Site": "same-origin", "Origin": base}  # fmt: skip
    body = b"choice=optout&consent=granted&act=show" if method == "POST" else None
    request = urllib.request.Request(base + path, body, headers, method=method)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=10) as answer:
            return answer.headers.get_all("set-cookie") or []
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.headers.get_all("set-cookie") or []
    except (TimeoutError, urllib.error.URLError):
        return []
