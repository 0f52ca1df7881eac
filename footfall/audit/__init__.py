"""The privacy self-audit: twenty-five checks, A01 to A25, each with its evidence in words and, when it fails, a way.

Read in this order: finding.py (what a check says), yard.py (what it may look at), then the checks by theme (stored,
canary, traces, live, promises, people, machine), checks.py (the table), report.py (signed JSON and text). Invariants:
what could not be looked at is SKIP, with the reason, and never PASS; evidence names sites by number and quotes nothing
of a visitor; the audit leaves nothing behind but its report. docs/audit.md has a heading for each check.
"""
