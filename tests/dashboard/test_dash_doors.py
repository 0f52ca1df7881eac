"""What must not be there: doors for builders, secrets in what is printed about things, secrets in the checkout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dash_world import PASSWORD, World

from registry.shares import Wish

ROOT = Path(__file__).parents[2]
FOR_BUILDERS = (
    "/docs", "/redoc", "/openapi.json", "/swagger", "/debug", "/_debug", "/console", "/__debug__/", "/trace",
    "/metrics", "/admin", "/phpinfo.php", "/server-status", "/.env", "/.git/config", "/api", "/api/docs",
    "/graphql", "/static/",
)  # fmt: skip
SECRETS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]{40}|\bff_[0-9a-f]{8}_[\w-]{43}\b|\bAKIA[0-9A-Z]{16}\b|"
    rb"\bgh[pousr]_[A-Za-z0-9]{36}\b|\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}"
)
PLACES = ("footfall", "collector", "dashboard", "registry", "clickhouse", "js-snippet", "tests", "docs", "benchmarks")
NOT_OURS = {"node_modules", "__pycache__", "dist"}


@pytest.mark.parametrize("path", FOR_BUILDERS)
def test_there_is_no_door_for_builders(world: World, path: str) -> None:
    """Not for an owner either, and not where errors are wanted: nothing here listens to `debug`."""
    answer = world.browser("owner").get(f"{path}?debug=1", headers={"x-debug": "1"})
    assert answer.status_code == 404
    assert "Traceback" not in answer.text
    assert not world.make().debug


def test_what_is_printed_about_a_thing_holds_no_secret(world: World) -> None:
    registry = world.registry
    key, secret = registry.keys.add("example.com", ["stats:read"], "test")
    share, token = registry.shares.add("example.com", Wish(password=PASSWORD), by="owner@example.com")
    user = registry.users.get("owner@example.com")
    session = registry.sessions.open(user.id)
    printed = repr([key, share, user, registry.keys.list("example.com"), registry.shares.list("example.com"), registry])
    assert not [hidden for hidden in (secret, token, session, PASSWORD, "argon2") if hidden in printed]


def test_no_secret_is_in_the_checkout() -> None:
    files = [path for place in PLACES for path in (ROOT / place).rglob("*") if path.is_file()]
    found = [
        str(path.relative_to(ROOT))
        for path in files
        if not NOT_OURS & set(path.relative_to(ROOT).parts)
        and path.stat().st_size < 1 << 20
        and SECRETS.search(path.read_bytes())
    ]
    assert found == []
