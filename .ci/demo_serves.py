"""Start `footfall demo` as a person would, read the URLs it prints, and look at what they serve.

Usage: demo_serves.py PATH_TO_FOOTFALL. Exits 0 when the report, the demo page, the snippet and the privacy page were
served and Ctrl-C ended it cleanly; prints how long the demo took to be ready.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        if answer.status != 200:
            raise SystemExit(f"{url} answered {answer.status}")
        return str(answer.read().decode())


def urls_of(process: subprocess.Popen[str]) -> dict[str, str]:
    """Read the demo's words until it says how to end it; return {label: url}."""
    found: dict[str, str] = {}
    for line in process.stdout or ():
        print("   ", line.rstrip())
        if match := re.search(r"^\s*(\w[\w ]*?)\s+(http://\S+)", line):
            found[match[1].lower()] = match[2]
        if "Ctrl-C" in line:
            return found
    raise SystemExit(f"the demo ended with {process.wait()} before it was ready")


def check(urls: dict[str, str]) -> None:
    wanted = {"report": "Visits", "demo page": "s.js", "privacy page": "measuring"}
    for label, word in wanted.items():
        body = fetch(urls[label])
        if word not in body:
            raise SystemExit(f"{label} at {urls[label]} does not say {word!r}")
        print(f"ok  {label}: {len(body):,} characters")
    snippet = re.search(r'src="([^"]*s\.js)"', fetch(urls["demo page"]))
    if not snippet:
        raise SystemExit("the demo page carries no tag")
    print(f"ok  snippet: {len(fetch(urllib.parse.urljoin(urls['demo page'], snippet[1]))):,} characters")


def main(footfall: str) -> None:
    began = time.monotonic()
    command = [footfall, "demo", "--port", str(free_port())]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ)
    try:
        urls = urls_of(process)
        print(f"ready after {time.monotonic() - began:.1f} s")
        check(urls)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=30)
        if code != 0:
            raise SystemExit(f"Ctrl-C ended the demo with {code}")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main(sys.argv[1])
