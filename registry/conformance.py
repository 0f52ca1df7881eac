"""Conformance: in which settings a site has left the preset that it is named after.

In: a site. Out: what differs, as typed at `footfall site set`, in the preset's order; and each as a sentence for the
self-audit. A preset governs only the keys it lists: a site's name, zone, hosts and paths are its own and no deviation.
It judges nothing: stricter and laxer are told alike, and whether a deviation is lawful is for the operator to say.
"""

from __future__ import annotations

from typing import NamedTuple

from registry.presets import PRESETS
from registry.site import Site
from registry.site_settings import SETTINGS


class Deviation(NamedTuple):
    """One setting that is not what the preset says."""

    key: str
    preset_value: str
    live_value: str


def deviations(site: Site) -> list[Deviation]:
    """Return what differs from the site's preset."""
    preset = PRESETS[site.preset]
    live = {key: SETTINGS[key].render(getattr(site, key)) for key in preset.settings}
    return [Deviation(key, wanted, live[key]) for key, wanted in preset.settings.items() if live[key] != wanted]


def in_words(site: Site, deviation: Deviation) -> str:
    """Say a deviation in a sentence."""
    key, wanted, live = deviation
    return f"{key} is {live or 'empty'}; the preset {site.preset} says {wanted or 'empty'}"
