"""The pages of docs/ that are written from the program's own tables, so that they cannot go stale.

In: nothing. Out: path -> Markdown. `python -m footfall.documents` writes them; a test compares. Pages written by hand
(the tour, the wire format, refusals) are checked for a heading of every name instead.
"""

from __future__ import annotations

from pathlib import Path

from clickhouse.ask.dimensions import DIMENSIONS
from clickhouse.ask.metrics import METRICS
from clickhouse.fields import declared
from collector.settings import settings_page
from registry.manual import site_settings_page
from registry.purposes import purposes

FOLDER = Path(__file__).parents[1] / "docs"
UNITS = {
    "count": "a number",
    "percent": "per cent",
    "seconds": "seconds",
    "ratio": "a ratio",
    "money": "the currency's unit",
}


def settings_document() -> str:
    """docs/settings.md: the process first, then a site."""
    return "\n".join(
        [
            "# Settings",
            "Written from the tables in the code by `python -m footfall.documents`.",
            "",
            "## Of the process",
            "",
            settings_page().rstrip(),
            "",
            "## Of a site",
            "",
            site_settings_page().rstrip(),
            "",
        ]
    )


def questions_document() -> str:
    """docs/questions.md: every metric and dimension, one heading each."""
    lines = [
        "# Questions: metrics and dimensions",
        "Written from the tables in the code by `python -m footfall.documents`. How to ask for them over HTTP is told "
        "in [wire.md](wire.md).",
        "",
        "## Metrics",
        "",
    ]
    for metric in METRICS.values():
        adds = "may be added over days" if metric.adds_up else "does not add up over days"
        lines += [f"### `{metric.name}`", metric.definition, f"In {UNITS[metric.unit]}; {adds}.", ""]
    lines += ["## Dimensions", "An empty label means: not set.", ""]
    for dimension in DIMENSIONS.values():
        lines += [f"### `{dimension.name}`", f"{dimension.label}: a trait of the {dimension.of.value}.", ""]
    lines += ["### `prop:<key>`", "The value of a property that feature events carry.", ""]
    lines += ["## Odd questions", "What the grid above cannot say is a file that one can open and run.", ""]
    for path in sorted((FOLDER.parent / "clickhouse" / "questions").glob("*.sql")):
        asked = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("-- ")
        lines += [f"### `{path.stem}`", f"[{asked}](../clickhouse/questions/{path.name})", ""]
    lines += ["## Small numbers", "Who sees exact numbers and who does not: [small-numbers.md](small-numbers.md).", ""]
    return "\n".join(lines)


def fields_document() -> str:
    """docs/fields.md: every column of the store and every table of the registry, with its purpose."""
    fields = declared()
    lines = [
        "# What is kept, and why",
        "Written from `clickhouse/fields.toml` and `registry/purposes.toml` by `python -m footfall.documents`. Tests "
        "hold both against the real tables; `footfall audit` does so on a running installation (A02).",
        "",
        "## Tables of the store",
        "",
        "| table | purpose | goes with |",
        "|---|---|---|",
        *(f"| `{name}` | {row.purpose} | {row.kept} |" for name, row in sorted(fields.tables.items())),
        "",
        "## Columns of the store",
        "",
        "| column | category | purpose | from |",
        "|---|---|---|---|",
        *(
            f"| `{name}` | {row.category} | {row.purpose} | {row.source} |"
            for name, row in sorted(fields.columns.items())
        ),
        "",
        "## Tables of the registry",
        "",
        "| table | whose data | purpose | kept |",
        "|---|---|---|---|",
        *(f"| `{name}` | {row.subjects} | {row.purpose} | {row.kept} |" for name, row in sorted(purposes().items())),
        "",
    ]
    return "\n".join(lines)


def documents() -> dict[Path, str]:
    """Return path -> text of every generated page."""
    return {
        FOLDER / "settings.md": settings_document(),
        FOLDER / "questions.md": questions_document(),
        FOLDER / "fields.md": fields_document(),
    }


def main() -> None:
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
