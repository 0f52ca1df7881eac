"""The site's half of docs/settings.md: every setting and every preset, written from the tables that the program obeys.

In: nothing. Out: Markdown. A test compares docs/settings.md with it, so the page cannot go stale.
"""

from __future__ import annotations

from registry.presets import PRESETS, Preset
from registry.setting import Setting
from registry.site_settings import SETTINGS, default_of


def site_settings_page() -> str:
    """Return a heading for each setting of a site, then the presets side by side."""
    lines = [
        "`footfall site set HOST key=value…`; the dashboard has the same names. A change counts from the next event "
        "on (within a second), and is kept in the site's history with who made it.",
        "",
    ]
    for setting in SETTINGS.values():
        lines += _section(setting)
    return "\n".join([*lines, *_presets_table()])


def _section(setting: Setting) -> list[str]:
    default = default_of(setting.key)
    unit = f" {setting.unit}" if setting.unit else ""
    shown = f"`{default}`{unit}" if default else "empty"
    return [f"### `{setting.key}`", "", setting.help, "", f"Default: {shown}. Allowed: {setting.allowed}.", ""]


def _presets_table() -> list[str]:
    presets = list(PRESETS.values())
    keys = dict.fromkeys(key for preset in presets for key in preset.settings)
    lines = ["## Presets", ""]
    lines += [f"- **{preset.name}**: {preset.reason}" for preset in presets]
    lines += ["", "| | " + " | ".join(preset.name for preset in presets) + " |", "|---" * (len(presets) + 1) + "|"]
    lines += [f"| `{key}` | " + " | ".join(_cell(preset, key) for preset in presets) + " |" for key in keys]
    return [*lines, ""]


def _cell(preset: Preset, key: str) -> str:
    """What a preset writes; a dash: it leaves this setting alone; bold: other than `standard`."""
    value = preset.settings.get(key, "–")
    return f"**{value}**" if value not in ("–", PRESETS["standard"].settings.get(key)) else value
