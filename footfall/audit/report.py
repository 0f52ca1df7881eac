"""Report: a finished audit as signed JSON, and as text for people.

In: checks with their findings, the installation's key. Out: `facts` with digest and signature (footfall/wayout has the
signing), the same that `footfall audit verify` holds against the key; lines of text. Sites stand in the JSON by number,
so that it can be kept after a site is gone; for people the numbers are replaced by hosts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, get_args

import msgspec

from footfall import __version__
from footfall.audit.checks import Check
from footfall.audit.finding import Finding, Status
from footfall.wayout.certificate import signed
from registry.audits import Audit, Audits
from registry.looks import Head

KIND = "self-audit"
COUNTED = ("passed", "warned", "failed", "skipped")
"""What the statuses are called where they are counted, in their order."""
_SITE = re.compile(r"\bsite (\d+)\b")


def signed_report(done: Iterable[tuple[Check, Finding]], at: datetime, head: Head, key: bytes) -> dict[str, Any]:
    """Return the report with its digest and signature."""
    rows = [
        {"id": check.id, "title": check.title, "status": found.status, "evidence": found.evidence, "mend": found.mend}
        for check, found in done
    ]
    facts = {
        "kind": KIND,
        "version": 1,
        "at": at.isoformat(timespec="seconds"),
        "made_by": f"footfall {__version__}",
        "head": {"seq": head.seq, "hash": head.hash},
        "findings": rows,
    }
    return signed(facts, key)


def counts_of(report: Mapping[str, Any]) -> dict[str, int]:
    """Count the findings by status, in the registry's words."""
    found = Counter(row["status"] for row in report["findings"])
    return {word: found[status] for status, word in zip(get_args(Status), COUNTED, strict=True)}


def keep(audits: Audits, report: Mapping[str, Any], at: datetime) -> Audit:
    """Put a report on record."""
    text = msgspec.json.format(msgspec.json.encode(report), indent=2).decode("utf-8")
    return audits.note(at, **counts_of(report), report=text, signature=report["signature"])


def head_of(audit: Audit | None) -> Head | None:
    """Return the end of the chain of looks that an audit printed."""
    if audit is None:
        return None
    head = msgspec.json.decode(audit.report)["head"]
    return Head("", head["seq"], head["hash"])


def line_of(audit: Audit | None) -> str | None:
    """Return the last audit in a line for visitors: figures and a day, understood in every language."""
    if audit is None:
        return None
    return f"{audit.at:%Y-%m-%d}: {audit.passed} PASS, {audit.warned} WARN, {audit.failed} FAIL, {audit.skipped} SKIP"


def told(text: str, hosts: Mapping[int, str]) -> str:
    """Replace numbers of sites by their hosts, for people."""
    return _SITE.sub(lambda found: hosts.get(int(found[1]), found[0]), text)


def as_text(report: Mapping[str, Any], hosts: Mapping[int, str]) -> str:
    """Write a report for people."""
    counts = counts_of(report)
    lines = [f"Self-audit of {report['at']} by {report['made_by']}", ""]
    for row in report["findings"]:
        lines += [f"{row['status']}  {row['id']}  {row['title']}", f"      {told(row['evidence'], hosts)}"]
        if row["mend"] and row["status"] != "PASS":
            lines.append(f"      -> {told(row['mend'], hosts)}")
    lines += ["", ", ".join(f"{count} {word}" for word, count in counts.items())]
    lines += ["What was skipped was not looked at, and is not proved. Each check is explained in docs/audit.md."]
    return "\n".join(lines)
