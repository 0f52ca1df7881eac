"""Salts in a Redis: taken only when it keeps nothing on disk, and never told with its password."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from registry_world import DISKLESS, NO_REDIS, started_redis

from registry.errors import SaltsRefused
from registry.salts import open_salts

redis = pytest.importorskip("redis", reason=NO_REDIS)
pytestmark = pytest.mark.skipif(not shutil.which("redis-server"), reason=NO_REDIS)

TODAY = date(2026, 11, 22)
TOMORROW = TODAY + timedelta(days=1)


@pytest.mark.parametrize("options", [("--save", "60 1"), ("--save", "", "--appendonly", "yes")])
def test_a_redis_that_writes_to_disk_is_refused(options: tuple[str, ...], tmp_path: Path) -> None:
    with started_redis(*options) as address, pytest.raises(SaltsRefused, match="this Redis writes to disk"):
        open_salts(address, tmp_path)


def test_a_redis_that_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    mute = started_redis(*DISKLESS, "--rename-command", "CONFIG", "")
    with mute as address, pytest.raises(SaltsRefused, match="does not answer"):
        open_salts(address, tmp_path)


def test_a_redis_that_goes_away_is_told_without_its_password(tmp_path: Path) -> None:
    with started_redis(*DISKLESS, "--requirepass", "hunter2") as address:
        salts = open_salts(f"{address}?password=hunter2", tmp_path)
        salts.today(1, TODAY)
    with pytest.raises(SaltsRefused, match="does not answer") as told:
        salts.today(1, TOMORROW)
    assert "hunter2" not in str(told.value)


def test_a_salt_in_redis_ends_by_itself(redis_address: str, tmp_path: Path) -> None:
    """Should every collector be switched off at midnight, nothing remains to be destroyed the next day."""
    open_salts(redis_address, tmp_path).today(5, TODAY)
    with redis.Redis.from_url(redis_address) as client:
        assert 86_400 < client.ttl("footfall:salt:5:2026-11-22") <= 91_800
