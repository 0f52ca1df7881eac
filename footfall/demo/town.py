"""The people of the demo: what the made-up site offers and who comes to it. Data, not code.

Weights are relative. Paths, features and campaigns belong to "Larkspur", a notebook application that does not exist;
shares of sources, places and devices are rounded guesses at what a small European software company sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

HOST = "demo.example"


class Page(NamedTuple):
    """A page, how long people stay, and where they go next (weights; what is missing to 100 leaves)."""

    path: str
    seconds: int
    onward: dict[str, int]
    features: Mapping[str, int] = MappingProxyType({})
    """Feature -> per cent of views that use it."""


class Origin(NamedTuple):
    """Where a visit comes from: a referrer or a tagged link, how often, and where it lands."""

    weight: int
    referrer: str
    query: str
    landings: dict[str, int]


class Country(NamedTuple):
    """A country, its weight, hours ahead of UTC, and how much of it is on a phone (per cent)."""

    code: str
    weight: int
    ahead: int
    phones: int
    language: str


class Device(NamedTuple):
    """A browser on a machine, and its weight."""

    browser: str
    browser_version: str
    os: str
    os_version: str
    device: str
    weight: int


HOME = {"/": 70, "/pricing": 10, "/blog": 8, "/docs": 12}
DOCS = {"/docs": 20, "/docs/install": 45, "/docs/shortcuts": 20, "/docs/api": 15}
POST = {"/blog/why-paper-still-wins": 60, "/blog/plain-text-forever": 25, "/blog/a-year-of-notes": 15}

PAGES = {
    page.path: page
    for page in (
        Page(
            "/",
            28,
            {"/features": 19, "/pricing": 17, "/docs": 9, "/blog": 6, "/signup": 5, "/about": 3},
            {"play_video": 7},
        ),
        Page(
            "/features",
            52,
            {"/pricing": 27, "/signup": 9, "/docs": 9, "/": 6},
            {"play_video": 6, "dark_mode": 8},
        ),
        Page("/pricing", 44, {"/signup": 18, "/features": 12, "/docs": 5, "/about": 4}, {"toggle_yearly": 24}),
        Page("/signup", 61, {"/welcome": 46, "/pricing": 9, "/": 5}, {}),
        Page("/welcome", 35, {"/app": 82}, {"Signup": 100}),
        Page("/app", 240, {"/app/notebook": 58, "/app/search": 14, "/app/settings": 10}, {"dark_mode": 14}),
        Page(
            "/app/notebook",
            310,
            {"/app/search": 24, "/app/notebook": 22, "/app/settings": 6},
            {"export_pdf": 13, "invite_user": 6},
        ),
        Page("/app/search", 75, {"/app/notebook": 61, "/app": 8}, {"search": 88}),
        Page(
            "/app/settings",
            80,
            {"/app": 44, "/app/notebook": 20},
            {"dark_mode": 22, "export_pdf": 4, "Upgrade": 9},
        ),
        Page("/docs", 40, {"/docs/install": 32, "/docs/shortcuts": 17, "/docs/api": 13, "/": 4}, {"search": 16}),
        Page(
            "/docs/install",
            120,
            {"/docs/shortcuts": 14, "/docs/api": 12, "/signup": 7, "/docs": 9},
            {"copy_snippet": 31},
        ),
        Page("/docs/shortcuts", 70, {"/docs": 14, "/docs/install": 8}, {}),
        Page("/docs/api", 150, {"/docs": 11, "/docs/install": 9}, {"copy_snippet": 38}),
        Page(
            "/blog",
            34,
            {
                "/blog/why-paper-still-wins": 24,
                "/blog/plain-text-forever": 18,
                "/blog/a-year-of-notes": 12,
                "/": 9,
            },
            {},
        ),
        Page("/blog/why-paper-still-wins", 190, {"/": 13, "/blog": 8, "/features": 6}, {}),
        Page("/blog/plain-text-forever", 160, {"/": 12, "/blog": 9, "/docs": 5}, {}),
        Page("/blog/a-year-of-notes", 140, {"/": 11, "/blog": 9, "/pricing": 3}, {}),
        Page("/about", 38, {"/": 16, "/blog": 9, "/pricing": 6}, {}),
        Page("/changelog", 55, {"/features": 12, "/app": 16, "/": 6}, {}),
    )
}

LEADS = {
    "/": "A quiet notebook for people who think in sentences.",
    "/features": "Pages, links, search and nothing that blinks.",
    "/pricing": "Free for one notebook. Four euros a month for as many as you like.",
    "/signup": "An address and a password. That is the whole form.",
    "/welcome": "Your first notebook is ready.",
    "/app": "All your notebooks, newest first.",
    "/app/notebook": "Saturday: rain, the good kind. Finished the chapter on tides.",
    "/app/search": "Find a sentence by any word in it.",
    "/app/settings": "Paper or slate, large type or small.",
    "/docs": "Everything Larkspur does, on nine short pages.",
    "/blog": "Letters from the people who make Larkspur.",
    "/about": "Three people, one office, a great deal of paper.",
    "/changelog": "What changed, and why.",
}

ORIGINS = (
    Origin(330, "", "", {"/": 55, "/app": 32, "/changelog": 6, "/docs": 7}),
    Origin(235, "https://www.google.com/", "", {**HOME, "/docs/install": 12, "/blog/plain-text-forever": 8}),
    Origin(26, "https://www.bing.com/", "", HOME),
    Origin(44, "https://duckduckgo.com/", "", {**HOME, "/docs/api": 8}),
    Origin(11, "https://www.ecosia.org/", "", HOME),
    Origin(52, "https://news.ycombinator.com/", "", POST),
    Origin(46, "https://www.reddit.com/", "", {**POST, "/": 30}),
    Origin(40, "https://github.com/", "", DOCS),
    Origin(34, "https://chatgpt.com/", "", {"/": 40, "/docs/install": 35, "/docs/api": 25}),
    Origin(13, "https://www.perplexity.ai/", "", {"/": 50, "/docs/api": 50}),
    Origin(9, "https://claude.ai/", "", {"/docs": 50, "/docs/api": 50}),
    Origin(24, "https://www.youtube.com/", "", {"/": 60, "/features": 40}),
    Origin(19, "https://t.co/", "", POST),
    Origin(15, "https://bsky.app/", "", POST),
    Origin(12, "https://www.linkedin.com/", "", {"/about": 40, "/": 60}),
    Origin(17, "https://lobste.rs/", "", POST),
    Origin(10, "https://handwritten.example/", "", {"/": 60, "/features": 40}),
    Origin(
        38,
        "",
        "utm_source=newsletter&utm_medium=email&utm_campaign=autumn-letter",
        {"/changelog": 55, "/blog/a-year-of-notes": 45},
    ),
    Origin(
        29,
        "https://www.google.com/",
        "utm_source=google&utm_medium=cpc&utm_campaign=notebook-app&gclid=1",
        {"/": 45, "/pricing": 55},
    ),
    Origin(
        8,
        "https://www.facebook.com/",
        "utm_source=facebook&utm_medium=paid&utm_campaign=students",
        {"/pricing": 100},
    ),
)

COUNTRIES = (
    Country("DE", 210, 1, 31, "de"),
    Country("US", 200, -6, 36, "en"),
    Country("GB", 86, 0, 37, "en"),
    Country("FR", 74, 1, 38, "fr"),
    Country("NL", 52, 1, 33, "nl"),
    Country("AT", 31, 1, 33, "de"),
    Country("CH", 30, 1, 32, "de"),
    Country("PL", 28, 1, 36, "pl"),
    Country("ES", 34, 1, 47, "es"),
    Country("IT", 31, 1, 48, "it"),
    Country("SE", 24, 1, 35, "sv"),
    Country("CA", 36, -5, 35, "en"),
    Country("IN", 58, 5, 66, "en"),
    Country("BR", 40, -3, 58, "pt"),
    Country("JP", 27, 9, 44, "ja"),
    Country("AU", 25, 10, 38, "en"),
    Country("MX", 14, -6, 59, "es"),
    Country("ZA", 9, 2, 55, "en"),
    Country("KR", 10, 9, 46, "ko"),
    Country("NG", 7, 1, 70, "en"),
    Country("AR", 8, -3, 54, "es"),
    Country("ID", 9, 7, 69, "id"),
    Country("TR", 9, 3, 57, "tr"),
    Country("FI", 8, 2, 34, "fi"),
)

DESKTOPS = (
    Device("Chrome", "142", "Windows", "11", "desktop", 34),
    Device("Chrome", "142", "macOS", "15.6", "desktop", 19),
    Device("Safari", "19.1", "macOS", "15.6", "desktop", 16),
    Device("Firefox", "145", "Linux", "", "desktop", 12),
    Device("Firefox", "145", "Windows", "11", "desktop", 8),
    Device("Edge", "142", "Windows", "11", "desktop", 9),
    Device("Opera", "124", "Windows", "10", "desktop", 2),
)
PHONES = (
    Device("Mobile Safari", "19.1", "iOS", "19.1", "mobile", 47),
    Device("Chrome Mobile", "142", "Android", "16", "mobile", 38),
    Device("Samsung Internet", "29", "Android", "15", "mobile", 7),
    Device("Firefox Mobile", "145", "Android", "16", "mobile", 3),
    Device("Mobile Safari", "19.1", "iPadOS", "19.1", "tablet", 5),
)

FEATURE_PROPS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "Signup": (("plan", ("free", "free", "free", "personal", "personal", "team")),),
    "export_pdf": (("format", ("pdf", "pdf", "pdf", "markdown", "epub")),),
    "play_video": (("clip", ("tour", "tour", "sync", "handwriting")),),
    "toggle_yearly": (("to", ("yearly", "yearly", "monthly")),),
    "search": (("scope", ("all notes", "all notes", "all notes", "this notebook")),),
    "dark_mode": (("theme", ("slate", "slate", "paper")),),
    "Upgrade": (("plan", ("personal", "personal", "personal", "team")), ("paid", ("monthly", "monthly", "yearly"))),
}

PRICES = {"monthly": 4, "yearly": 40}
"""Euros of an upgrade, by how it is paid."""
TEAM = 3
"""A team pays for so many."""

DECLARED = {
    "search": "Find a sentence by any word in it",
    "export_pdf": "A notebook as PDF, Markdown or EPUB",
    "invite_user": "Write together",
    "dark_mode": "Paper or slate",
    "import_notes": "Bring notes along from another application",
}
"""What Larkspur says it has; nobody has found `import_notes` yet."""

FUNNELS = (
    ("Prices to an account", "visit", (("page", "/pricing"), ("page", "/signup"), ("feature", "Signup"))),
    ("First hour", "day", (("page", "/welcome"), ("page", "/app"), ("page", "/app/notebook"), ("feature", "search"))),
)

VITALS = {"desktop": (1500, 70, 18, 900, 210), "mobile": (2300, 160, 45, 1500, 380)}
"""Middling LCP, INP, CLS (thousandths), FCP and TTFB of a load, in milliseconds."""
HEAVY = {"/": 1.25, "/features": 1.6, "/blog/a-year-of-notes": 1.8, "/app/notebook": 1.35}
"""Pages that are slower than others."""
VITALS_SHARE = 0.2
"""Of the visits; the tag asks a share of page loads."""

# Share of a day's visits by local hour: a quiet night, a working day, an evening.
HOURS = (6, 4, 3, 2, 2, 4, 9, 20, 38, 52, 58, 55, 46, 50, 55, 54, 50, 44, 38, 40, 42, 36, 24, 13)
WEEKDAYS = (100, 108, 110, 106, 92, 58, 64)

REFUSED = (
    ("bot", 118),
    ("gpc", 61),
    ("dnt", 24),
    ("optout", 7),
    ("cookies_off", 5),
    ("spam", 3),
    ("wrong_host", 1),
)
"""Refusals for every 1,000 visits."""
