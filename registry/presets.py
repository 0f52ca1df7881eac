"""Presets: a name for a set of site settings, each chosen to fit one reading of the law or of a company's policy.

Values are written as one types them at `footfall site set`. A preset governs the keys it lists and no others (a site's
name, zone and hosts are its own). Setting `preset=strict` writes all of them; what is changed by hand afterwards stays
changed, and the privacy self-audit lists the difference. A preset is not legal advice, and none of them says that no
consent is needed: that depends on the site and its country.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec


class Preset(msgspec.Struct, frozen=True):
    """A named set of settings and the reason for it."""

    name: str
    reason: str
    settings: Mapping[str, str]


def _preset(name: str, reason: str, **different: str) -> Preset:
    return Preset(name, reason, MappingProxyType(_STANDARD | different))


_STANDARD = {
    "mode": "daily",
    "gpc": "decline",
    "dnt": "decline",
    "cookies_disabled": "decline",
    "denied": "drop",
    "pixel": "off",
    "place": "country",
    "first_party_only": "off",
    "titles": "off",
    "referrer_paths": "off",
    "props": "open",
    "retention_days": "760",
    "min_group": "5",
}

_ALL = (
    _preset(
        "standard",
        "Visits are told apart by a number that is forgotten every night; no cookie, no precise place, every signal "
        "that says no is heard; details are kept for 25 months.",
    ),
    _preset(
        "strict",
        "Nothing is derived from the visitor's device: no visitor number at all, and no place, since that may come "
        "from the browser's time zone. Follows the German reading of section 25 TDDDG. Only agreed properties, "
        "details for 30 days, groups of at least ten.",
        mode="none",
        place="none",
        first_party_only="on",
        props="registered",
        retention_days="30",
        min_group="10",
    ),
    _preset(
        "fr-exempt",
        "The conditions that the French authority sets for exempt audience measurement: own use only, aggregate "
        "statistics, no following across sites, details for at most 25 months, an opt-out. The operator must be able "
        "to prove it: `footfall site history` shows who set what, and when.",
        legal_basis="exempt_measurement",
    ),
    _preset(
        "uk-stat",
        "The United Kingdom's exception for statistical purposes (PECR schedule A1, paragraph 5): how the service is "
        "used and not by whom, with clear information and a simple, free way to object.",
        legal_basis="exempt_measurement",
    ),
    _preset(
        "consent",
        "Nothing at all before a visitor agrees. Who agrees gets a first-party cookie that is never prolonged; who "
        "refuses is not asked again for six months.",
        mode="consent_only",
        legal_basis="consent",
    ),
)

PRESETS: Mapping[str, Preset] = MappingProxyType({preset.name: preset for preset in _ALL})
