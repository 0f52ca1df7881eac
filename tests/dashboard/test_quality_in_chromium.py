"""Every page of the dashboard, once through everything we promise of a page, in a real browser.

Which pages there are is read from the route table: a page without an entry here fails. One server, one browser; each
page is loaded twice, with and without JavaScript, and everything is asked of those two. All texts that came from
visitors and people are hostile, so the same look also proves that they stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from chromium import OF_A_SCHEME, OF_A_WIDTH, faults_of, needs_chromium

from dashboard.routes import ROUTES

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[test]'")
pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe: pip install -e '.[test]'")
from quality_world import FRIEND, STRANGER, Dashboard, hostile_dashboard  # noqa: E402 - needs Playwright
from report_windows import Window  # noqa: E402 - needs Playwright

pytestmark = needs_chromium

NO_PAGE = re.compile(r"^/static/|^/api/|\.csv$|\.json$|/now$|/values$|/stream$")
"""What a GET of these answers is no page."""
SITE_PAGES = (
    "realtime", "goals", "hours", "engagement", "vitals", "retention", "privacy", "leaks", "tag", "settings", "export",
    "remove", "people", "keys", "shares", "looks", "requests",
)  # fmt: skip


class Look(NamedTuple):
    """One page to look at: where, and as whom."""

    path: str
    who: str = "guest"


PAGES: dict[str, tuple[Look, ...]] = {
    "/": (Look("/"),),
    "/sign-in": (Look("/sign-in"),),
    "/sign-in/code": (Look("/sign-in/code", "half"),),
    "/account": (Look("/account", "owner"),),
    "/share/{token}": (Look("/share/{token}"), Look("/share/{locked}")),
    "/setup": (Look("{first_run}"),),
    "/sites/new": (Look("/sites/new"),),
    "/sites/{host}": (
        Look("/sites/{host}"),
        Look("/sites/{host}?compare=previous&f=is:page:/pricing&metric=bounce_rate", "owner"),
        Look("/sites/{host}?f=is:page:/nothing"),
        Look("/sites/quiet.example"),
    ),
    "/sites/{host}/details": (Look("/sites/{host}/details?compare=previous"),),
    "/sites/{host}/details/{list}": tuple(
        Look(f"/sites/{{host}}/details/{name}") for name in ("uses", "referrers", "campaigns")
    ),
    "/sites/{host}/features": (Look("/sites/{host}/features?feature=Sign up&compare=previous"),),
    "/sites/{host}/journeys": (
        Look("/sites/{host}/journeys"),
        Look("/sites/{host}/journeys?of=/pricing&way=before"),
    ),
    "/sites/{host}/refused": (
        Look("/sites/{host}/refused", "viewer"),
        Look("/sites/{host}/refused?period=day"),
        Look("/sites/{host}/refused?period=12mo"),
        Look("/sites/quiet.example/refused"),
    ),
    "/sites/{host}/funnels": (Look("/sites/{host}/funnels?k1=page&p1=/&k2=page&p2=/pricing"),),
    **{f"/sites/{{host}}/{room}": (Look(f"/sites/{{host}}/{room}"),) for room in SITE_PAGES},
    "a page that is not there": (Look("/nothing/here"),),
}
LOOKS = [look for looks in PAGES.values() for look in looks]
COOKIE = "footfall_session"

# Elements that only an attack could have put there, attributes that run something, links that lead nowhere good.
STRANGE = """() => [...document.querySelectorAll('*')].flatMap((one) => {
  const found = [];
  const tag = one.tagName.toLowerCase();
  if (/^(iframe|object|embed|base|style|marquee|video|math|img|template)$/.test(tag)) found.push(tag);
  if (tag === 'script' && !one.src.startsWith(location.origin + '/static/')) found.push('script');
  for (const {name, value} of one.attributes) {
    if (name.startsWith('on')) found.push(`${tag} ${name}`);
    if (name === 'style') found.push(`${tag} style`);
    const leads = /^(href|src|action|formaction|xlink:href)$/.test(name);
    if (leads && /^\\s*(javascript|data(?!:image\\/svg)|vbscript):/i.test(value)) found.push(`${tag} ${value}`);
  }
  const away = one instanceof HTMLAnchorElement && one.origin !== location.origin;
  const isTied = away && ['noopener', 'noreferrer'].every((word) => one.relList.contains(word));
  if (away && !(isTied && /^https?:$/.test(one.protocol))) found.push(`leads away: ${one.outerHTML}`);
  return found;
})"""
# Everything that can be worked takes the focus in the order of the page, and shows that it has it.
UNREACHED = """() => {
  const worked = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .filter((one) => !one.disabled && one.checkVisibility({visibilityProperty: true}));
  return worked.flatMap((one) => {
    const found = [];
    one.focus({preventScroll: true});
    if (document.activeElement !== one) found.push('takes no focus');
    if (one.tabIndex !== 0) found.push(`tabindex ${one.tabIndex}`);
    const shown = [one, ...one.children].some((part) => {
      const style = getComputedStyle(part);
      return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none';
    });
    if (!shown) found.push('shows no focus');
    return found.map((what) => `${what}: ${one.outerHTML.slice(0, 160)}`);
  });
}"""
# What a page says it is about, where it leads, what it can be asked to do.
OFFERS = """() => [...document.querySelectorAll('h1, h2, h3, a[href], button, summary, label, th')]
  .filter((one) => one.checkVisibility({visibilityProperty: true}))
  .map((one) => one.getAttribute('href') ?? one.innerText.trim())"""
ONLY_WITH_SCRIPT = {"Copy", "Keyboard shortcuts\n?"}
TO_THE_END = """() => {
  const worked = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter((one) => !one.disabled && one.checkVisibility({visibilityProperty: true}));
  worked.at(-1).focus();
}"""


@pytest.fixture(scope="module")
def dashboard(engine_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with hostile_dashboard(engine_directory, tmp_path_factory.mktemp("quality")) as dashboard:
        yield dashboard


class Eyes:
    """Windows that stay open: one for each who, with and without JavaScript."""

    def __init__(self, browser: Any, dashboard: Dashboard) -> None:
        self.browser, self.dashboard = browser, dashboard
        self.opened: dict[tuple[str, bool], Window] = {}

    def at(self, look: Look, *, script: bool = True) -> Window:
        window = self.opened.get((look.who, script))
        if window is None:
            window = Window(self.browser, self.dashboard.url, java_script_enabled=script)
            if look.who in self.dashboard.sessions:
                cookie = {"name": COOKIE, "value": self.dashboard.sessions[look.who], "url": self.dashboard.url}
                window.context.add_cookies([cookie])
            self.opened[look.who, script] = window
        window.asked.clear()
        window.complaints.clear()
        path = look.path.replace("{first_run}", self.dashboard.first_run)
        for brace, value in self.dashboard.fills.items():
            path = path.replace(brace, value)
        window.page.set_viewport_size({"width": 1280, "height": 900})
        window.open(path)
        return window


@pytest.fixture(scope="module")
def eyes(chromium: Any, dashboard: Dashboard) -> Iterator[Eyes]:
    eyes = Eyes(chromium, dashboard)
    yield eyes
    for window in eyes.opened.values():
        window.context.close()


def test_every_page_of_the_route_table_is_looked_at() -> None:
    paths = {row.path for row in ROUTES if row.method == "GET"}
    assert {path for path in paths if not NO_PAGE.search(path)} == set(PAGES) - {"a page that is not there"}


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.path} {look.who}")
def test_a_page_keeps_what_we_promise_of_every_page(eyes: Eyes, look: Look) -> None:
    window = eyes.at(look)
    page = window.page
    assert page.get_by_role("heading", level=1).count() == 1
    offered = offers(page)
    assert page.evaluate(STRANGE) == []
    # Light and wide: everything. Dark, as narrow as a phone, and with every fold open: what that can change.
    page.emulate_media(color_scheme="light")
    assert faults_of(page) == []
    page.evaluate("for (const fold of document.querySelectorAll('main details:not(.menu)')) fold.open = true")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    assert faults_of(page, (*OF_A_SCHEME, *OF_A_WIDTH)) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.set_viewport_size({"width": 1280, "height": 900})
    check_keyboard(page)
    origin = urlsplit(page.url).netloc
    assert {urlsplit(request.url).netloc for request in window.asked if not request.url.startswith("data:")} == {origin}
    assert [text for text in window.complaints if "404" not in text] == []
    assert offered - ONLY_WITH_SCRIPT <= offers_without_script(eyes, look)


def check_keyboard(page: Any) -> None:
    """Tab begins at the link that skips the head, reaches everything, and leaves at the end."""
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate(UNREACHED) == []
    page.evaluate(TO_THE_END)
    before = page.evaluate_handle("document.activeElement")
    page.keyboard.press("Tab")
    assert not page.evaluate("(before) => document.activeElement === before", before)


def offers(page: Any) -> set[str]:
    """Say what a page offers; figures aside, for some pages count their own readers."""
    return {re.sub(r"\d+", "0", offer) for offer in page.evaluate(OFFERS)}


def offers_without_script(eyes: Eyes, look: Look) -> set[str]:
    page = eyes.at(look, script=False).page
    assert page.locator("form:not(:has(button))").count() == 0, "a form that only a script could send"
    return offers(page)


def test_back_and_forward_walk_through_the_pages(eyes: Eyes) -> None:
    page = eyes.at(Look("/sites/{host}", "owner")).page
    titles = [page.title()]
    for room in ("Realtime", "Goals", "Funnels"):
        page.locator(".rooms").get_by_role("link", name=room).click()
        page.wait_for_url(f"**/{room.lower()}")
        titles.append(page.title())
    back = [page.title()]
    for _ in titles[1:]:
        page.go_back()
        back.append(page.title())
    assert back == titles[::-1]
    page.go_forward()
    assert page.title() == titles[1]


def test_no_other_page_may_frame_one_of_ours(chromium: Any, dashboard: Dashboard) -> None:
    """Nothing of ours is shown in a stranger's frame; a link for a wall is, on the wall it is for."""
    wall = f"{dashboard.url}/share/{dashboard.fills['{framed}']}"
    frames = "".join(f'<iframe src="{url}"></iframe>' for url in (f"{dashboard.url}/sign-in", wall))
    html = f"<!doctype html><title>Not ours</title>{frames}"
    shown = {}
    for origin in (STRANGER, FRIEND):
        # Chromium would ask its person before a page of the open internet reaches a server on this machine.
        page = chromium.new_context(permissions=["local-network-access"]).new_page()
        page.route(f"{origin}/", lambda route: route.fulfill(content_type="text/html", body=html))
        page.goto(f"{origin}/")
        shown[origin] = [frame.url for frame in page.frames[1:] if frame.url.startswith(dashboard.url)]
        page.context.close()
    assert shown == {STRANGER: [], FRIEND: [wall]}
