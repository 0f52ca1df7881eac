"""The texts in an exported folder: what lies where, and what every column is.

In: a host, counts of rows, tables as the store describes them. Out: Markdown. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from clickhouse.slices import Kept

UNITS = {
    "ts": "when it happened (UTC)",
    "visitor_id": "good for one site and one day; 0: counted without any",
    "visit_id": "the second in which the visit began, and 32 bits that tell visitors apart; 0: no visit",
    "engaged_ms": "milliseconds the page was looked at",
    "scroll": "deepest point seen, per cent; 255: not told",
    "revenue": "thousandths of the currency's unit",
    "delay_ms": "received minus happened, milliseconds",
    "segment": "with `seq`, the identity of the row",
    "seconds": "from the first to the last event",
    "visitors": "daily visitors, added up",
    "start": "when the visit began (UTC)",
}


def readme(host: str, made_at: datetime, rows: Mapping[str, int]) -> str:
    """README.md: what this folder is."""
    counts = "\n".join(f"| `{table}/` | {count:,} |" for table, count in rows.items())
    return f"""# All that was kept of {host}
Made {made_at:%Y-%m-%d %H:%M} UTC by Footfall. It is yours: there is no other copy that you could not ask to be deleted.

| folder | rows |
|---|---|
{counts}

- Each folder has the same rows three times: `.parquet` for databases, `.ndjson` for programs (and for
  `footfall import footfall`), `.csv` for spreadsheets. In CSV a cell that a spreadsheet would run has an apostrophe
  before it. What had no rows has no folder.
- `events_isolated/`, where there is one, holds rows that were restricted or on hold: they count nowhere.
- `registry/` and `settings.json`: how the site was set up, who changed what, who looked. No key is in there.
- [notice.md](notice.md) is the privacy notice that was true when this was made.
- [SCHEMA.md](SCHEMA.md) says what every column is; `export.json` says what was written.
- `sha256sum -c SHA256SUMS` proves that nothing was lost on the way.

To bring it into another Footfall: `footfall site add HOST`, then `footfall import footfall THIS-FOLDER --site HOST`.
"""


def schema_page(tables: Sequence[Kept]) -> str:
    """SCHEMA.md: every column of every table, as the store has it."""
    lines = ["# Columns", "Types are ClickHouse's; times are UTC. 64-bit numbers are text in NDJSON.", ""]
    for kept in tables:
        lines += [f"## {kept.table}", "", "| column | type | |", "|---|---|---|"]
        lines += [f"| `{name}` | {kind} | {UNITS.get(name, '')} |" for name, kind in kept.columns]
        lines.append("")
    return "\n".join(lines)
