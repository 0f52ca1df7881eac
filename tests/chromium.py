"""Chromium for the tests: where it is, how it is started, and a profile of one's own.

Not a test. A visitor's browser must not look driven by a program, or the snippet rightly keeps silent; background
traffic of the browser itself is off. `open_context` closes nothing: whoever opens, closes.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

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


def open_context(playwright: Any, profile: Path, preferences: dict[str, Any] | None = None, **options: Any) -> Any:
    """Open a browser with a fresh profile; `options` are those of Playwright's persistent context."""
    if preferences:
        (profile / "Default").mkdir(parents=True)
        (profile / "Default" / "Preferences").write_text(json.dumps(preferences))
    return playwright.chromium.launch_persistent_context(str(profile), executable_path=CHROMIUM, args=FLAGS, **options)
