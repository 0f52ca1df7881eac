"""Chromium for the tests and for the pictures in the README: where it is, how it is started, what axe looks for.

Not a test. One place for all of them: background traffic of the browser itself is off, and it does not say that a
program drives it, or the snippet would rightly keep silent. Whoever opens, closes. `skip_without` is for `pytestmark`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Otherwise navigator.webdriver is true, and the snippet rightly keeps silent.
    "--disable-blink-features=AutomationControlled",
]
COOKIES_BLOCKED = {"profile": {"default_content_setting_values": {"cookies": 2}}}
"""Preferences of a person who blocks all cookies; the browser goes on saying that they are enabled."""
needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium"),
]
PATIENCE_MS = 30_000
"""How long a page may take until it is as expected, when all else on the machine is busy; playwright gives it 5 s."""
RULES = {
    name: {"enabled": True} for name in ("label-content-name-mismatch", "scrollable-region-focusable", "target-size")
}
"""What axe does not look for by itself."""
OF_A_SCHEME = ("color-contrast", "link-in-text-block")
"""The only rules whose answer another colour scheme can change."""
OF_A_WIDTH = ("target-size", "scrollable-region-focusable")
"""The only rules whose answer another width can change."""


def profile_at(folder: Path, preferences: dict[str, Any] | None = None) -> Path:
    """Prepare the folder of a profile whose person has set something."""
    if preferences:
        (folder / "Default").mkdir(parents=True)
        (folder / "Default" / "Preferences").write_text(json.dumps(preferences))
    return folder


def open_context(playwright: Any, profile: Path, preferences: dict[str, Any] | None = None, **options: Any) -> Any:
    """Open a browser with a fresh profile; `options` are those of Playwright's persistent context."""
    folder = str(profile_at(profile, preferences))
    return playwright.chromium.launch_persistent_context(folder, executable_path=CHROMIUM, args=FLAGS, **options)


@contextmanager
def open_browser() -> Iterator[Any]:
    """Run a browser whose contexts are fresh profiles."""
    from playwright.sync_api import expect, sync_playwright  # an optional package: who needs it says so

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def agent_of(browser: Any) -> str:
    """Name the agent of the same Chromium with a window: a headless one is refused as a bot, rightly."""
    engine = "AppleWebKit/537.36 (KHTML, like Gecko)"
    return f"Mozilla/5.0 (X11; Linux x86_64) {engine} Chrome/{browser.version} Safari/537.36"


def faults_of(page: Any, only: Iterable[str] = (), rules: dict[str, Any] = RULES) -> list[tuple[str, list[str]]]:
    """Ask axe: each rule that is broken, and the first elements that break it. `only`: these rules and no others."""
    from axe_playwright_python.sync_playwright import Axe

    asked: dict[str, Any] = {"resultTypes": ["violations"]}
    asked |= {"runOnly": {"type": "rule", "values": list(only)}} if only else {"rules": rules}
    found = Axe().run(page, options=asked).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"][:3]]) for rule in found]
