"""Makes the pictures of the README: `python docs/screenshots/make.py`, from a demo that it starts and ends itself.

In: this checkout with the extras `embedded` and `test`, and Chromium. Out: PNG files beside this one, each small enough
for a page (`MOST_BYTES`; more is an error). What they show is what anyone sees who runs `footfall demo`.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))
from chromium import agent_of, open_browser  # noqa: E402 - the tests' browser is the pictures' browser

MOST_BYTES = 150_000
WIDE = {"width": 1180, "height": 800}
PHONE = {"width": 390, "height": 800}


class Picture(NamedTuple):
    """One file: where to look, how wide, in which scheme."""

    name: str
    door: str
    """What the demo calls the address: `report`, `privacy page`."""
    path: str = ""
    size: dict[str, int] = WIDE
    scheme: str = "light"


PICTURES = (
    Picture("report", "report"),
    Picture("report-dark", "report", "?compare=previous", scheme="dark"),
    Picture("report-phone", "report", size=PHONE),
    Picture("journeys", "report", "/journeys", {"width": 1180, "height": 560}),
    Picture("refused", "report", "/refused"),
    Picture("visitor", "privacy page", size={"width": 760, "height": 800}),
)


def doors_of(demo: subprocess.Popen[str]) -> dict[str, str]:
    """Read the addresses that the demo prints once it is ready."""
    doors: dict[str, str] = {}
    for line in demo.stdout or ():
        label, _, url = line.strip().rpartition(" ")
        if url.startswith("http://"):
            doors[label.strip().lower()] = url
        if "Ctrl-C" in line:
            return doors
    raise SystemExit("the demo ended before it was ready")


def take(browser: Any, picture: Picture, doors: dict[str, str]) -> None:
    """Look at one page and keep what is to be seen without scrolling."""
    context = browser.new_context(
        viewport=picture.size, color_scheme=picture.scheme, locale="en-GB", user_agent=agent_of(browser)
    )
    page = context.new_page()
    page.goto(doors[picture.door] + picture.path)
    file = HERE / f"{picture.name}.png"
    page.screenshot(path=file)
    context.close()
    if file.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{file.name} has {file.stat().st_size} bytes, more than {MOST_BYTES}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "footfall", "demo", "--data", f"{folder}/data"]
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603
        try:
            doors = doors_of(demo)
            with open_browser() as browser:
                for picture in PICTURES:
                    take(browser, picture, doors)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(timeout=60)


if __name__ == "__main__":
    main()
