"""What is stored: texts that look personal (A01), columns and their purposes (A02), sums of small groups (A16).

In: a Yard. Out: findings. Every text column of every table is read, rows that are only marked as deleted too; what
matches is counted and never quoted. `SHAPES` are RE2; columns in `MAY_HOLD` have that shape by their nature.
"""

from __future__ import annotations

from collections.abc import Mapping

from clickhouse.examine import PERSONAL_TYPES, Column, columns_of, matches, rows_of, small_groups
from clickhouse.fields import Fields, declared
from footfall.audit.finding import Finding, failed, listed, passed
from footfall.audit.yard import Yard
from registry.site import Site

_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
SHAPES: Mapping[str, str] = {
    "IP address": rf"(^|[^0-9.])({_BYTE}[.]){{3}}{_BYTE}([^0-9.]|$)"
    "|(^|[^0-9a-fA-F:])([0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}([^0-9a-fA-F:]|$)|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*::[0-9a-fA-F]",
    "e-mail address": "[A-Za-z0-9._%+-]+(@|%40)[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*[.][A-Za-z]{2,}",
    "browser identification": "Mozilla/[0-9]|AppleWebKit/[0-9]|Gecko/20[0-9]{6}",
    "signed token": "eyJ[A-Za-z0-9_-]{8,}[.][A-Za-z0-9_-]{8,}",
    "card number": "(^|[^0-9])([0-9]{13,19}|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{1,7})([^0-9]|$)",
}
MAY_HOLD: Mapping[str, frozenset[str]] = {
    # The site's own host, and a foreign host that sent: never the visitor's. Versions of programs have four parts, too.
    "IP address": frozenset(
        {"hostname", "entry_hostname", "exit_hostname", "rule", "browser_version", "os_version", "label", "value"}
    ),
}
MEND = (
    "find where it comes from on the page Leaks, add a rule (footfall site set HOST redact=…), then "
    "`footfall rescrub --site HOST --since DAY` rewrites what is stored"
)


def nothing_personal(yard: Yard) -> Finding:
    """A01."""
    found, read = [], set()
    for column, counts in matches(yard.store, SHAPES):
        read.add(column)
        for shape, count in counts.items():
            if count and column.name not in MAY_HOLD.get(shape, frozenset()):
                found.append(f"{count:,} with the shape of an {shape} in {column.table}.{column.name}")
    tables = {column.table for column in read}
    rows = sum(rows_of(yard.store, table) for table in tables)
    told = f"read {len(read)} text columns of {len(tables)} tables ({rows:,} rows, deletion marks ignored)"
    if found:
        return failed(f"{told}: {listed(found)}", MEND)
    return passed(f"{told}: nothing has the shape of {', '.join(SHAPES)}")


def every_column_has_a_purpose(yard: Yard) -> Finding:
    """A02."""
    return judge_columns(columns_of(yard.store), declared())


def judge_columns(columns: list[Column], fields: Fields) -> Finding:
    """Hold the real columns against the declared ones."""
    faults = [
        f"{column.table}.{column.name} holds addresses ({column.type})"
        for column in columns
        if any(kind in column.type for kind in PERSONAL_TYPES)
    ]
    faults += [
        f"{column.table}.{column.name} has no purpose"
        for column in columns
        if column.name not in fields.columns or column.table not in fields.tables
    ]
    if faults:
        return failed(listed(faults), "declare its purpose in clickhouse/fields.toml, or drop the column")
    return passed(f"{len(columns)} columns, each with a declared purpose; none can hold an address")


def sums_are_safe(yard: Yard) -> Finding:
    """A16."""
    numbers = [
        f"{column.table}.{column.name}"
        for column in columns_of(yard.store)
        if column.table.startswith(("rollups_", "day_sums")) and column.name in ("visitor_id", "visit_id", "dsr_id")
    ]
    if numbers:
        return failed(f"sums hold numbers of visitors: {listed(numbers)}", "this release must not have them: report it")
    least = {site.id: least_group(yard, site) for site in yard.sites}
    small = [f"site {site}" for site, group in least.items() if small_groups(yard.store, site, group)]
    if small:
        return failed(
            f"monthly sums for fewer visitors than agreed at {listed(small)}",
            "erase those months (footfall erase) and tell us: they should have been added up before they were written",
        )
    return passed("no column of sums can hold a visitor's number; no monthly sum stands for fewer visitors than agreed")


def least_group(yard: Yard, site: Site) -> int:
    """Return the smallest group that the site ever agreed to: sums are folded by what held when they were written."""
    history = yard.registry.keeping.limits("min_group").get(site.id, ())
    return min([site.min_group, *(limit.days for limit in history)])
