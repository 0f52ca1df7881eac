"""What the product never says of itself: that no consent is needed, or that a law is kept. It states facts.

Every text that leaves the house is read: the documentation, the catalogues, templates, help of settings and commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("clickhouse", "collector", "dashboard", "docs", "footfall", "js-snippet", "registry")
KINDS = {".md", ".toml", ".html", ".py", ".js", ".json", ".txt"}
PASSED_OVER = {"node_modules", "data", "vectors", "dist", "__pycache__"}

NEEDED = r"(needed|necessary|required|asked for)"
CLAIMS = (
    rf"\bno (cookie )?(consent|banner|permission) (is |are )?{NEEDED}",
    r"\b(needs?|requires?|wants?) (no|neither) (cookie |prior |a )?(consent|banner)",
    rf"\bconsent (is|isn.t|is not|are) ?(not )?(un{NEEDED}|un\w*needed|unnecessary|not {NEEDED})",
    r"\bconsent[- ]free\b",
    r"\b(do not|don.t|does not|doesn.t|never) (need|require)s? (a |any |prior |cookie |to ask for )*(consent|banner)",
    r"\bwithout (needing|asking for) (a |any )?(consent|banner)|(measur|count|track)\w* without consent",
    r"\b(GDPR|RGPD|DSGVO|PECR|CCPA|ePrivacy|CNIL|TDDDG)[- ](compliant|conform\w*|proof|safe|ready|approved|certified)",
    r"\b(fully )?compliant with (the )?(GDPR|RGPD|DSGVO|PECR|CCPA|law)",
    r"keine (Einwilligung|Zustimmung) (ist )?(nötig|notwendig|erforderlich)|einwilligungsfrei|DSGVO-konform",
    r"(braucht|benötigt|erfordert) keine (Einwilligung|Zustimmung)",
    r"aucun consentement (n.est )?(nécessaire|requis)|sans besoin de consentement|conforme au RGPD",
    r"geen toestemming (nodig|vereist)|AVG-proof|AVG-conform",
    r"no (se )?(necesita|requiere|precisa) (el |su |ningún )?consentimiento|conforme al RGPD",
)
CLAIM = re.compile("|".join(f"(?:{claim})" for claim in CLAIMS), re.IGNORECASE)
DENIAL = re.compile(r"\b(never|none of them|nothing here|not) (\w+ ){0,4}(that|claims?)?\s*$", re.IGNORECASE)


def texts() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.md"))
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in KINDS and not PASSED_OVER & set(path.relative_to(ROOT).parts):
                yield path


def claims_in(text: str) -> list[str]:
    """Every claim that the words before it do not deny; a line's end is a blank, quotes join what they split."""
    plain = re.sub(r"\"\s*\n\s*f?\"", "", text)
    plain = re.sub(r"\s+[#*]?\s*", " ", plain)
    return [
        plain[max(0, claim.start() - 30) : claim.end() + 30]
        for claim in CLAIM.finditer(plain)
        if not DENIAL.search(plain[max(0, claim.start() - 60) : claim.start()])
    ]


def test_no_text_claims_that_no_consent_is_needed() -> None:
    told = {str(path.relative_to(ROOT)): claims_in(path.read_text(encoding="utf-8")) for path in texts()}
    assert len(told) > 100
    assert {path: claims for path, claims in told.items() if claims} == {}


@pytest.mark.parametrize(
    "claim",
    [
        "No consent needed!", "With Footfall no cookie banner is required.", "Footfall is GDPR-compliant.",
        "It needs no consent.", "consent is not required", "a consent-free counter", "You don't need a cookie banner",
        "measuring without consent", "audience measurement that needs no consent", "Keine Einwilligung nötig",
        "sans besoin de consentement", "geen toestemming nodig", "no requiere consentimiento",
        'text = "no consent "\n    "is needed"',
    ],
)  # fmt: skip
def test_such_a_claim_would_be_found(claim: str) -> None:
    assert claims_in(claim)


@pytest.mark.parametrize(
    "fact",
    [
        "Without your consent nothing is measured here.", "none of them says that no\nconsent is needed",
        "Nobody is counted without an answer.", "This site measures only with your consent.", "no_consent",
        "Footfall states facts about itself, and never that no consent is needed.",
    ],
)  # fmt: skip
def test_a_fact_is_no_claim(fact: str) -> None:
    assert not claims_in(fact)
