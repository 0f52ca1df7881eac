"""Fixtures of the snippet's tests in Chromium: a browser whose profile is a test's own, and its first page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import open_context


@pytest.fixture(scope="module")
def playwright() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture
def page(playwright: Any, tmp_path: Path) -> Iterator[Any]:
    context = open_context(playwright, tmp_path / "profile")
    yield context.pages[0]
    context.close()
