"""Exports: an answer as CSV or JSON, to keep or to work on.

In: a Question and its Answer. Out: a file named after site, table and days. The same value as on the page, whole and
unrounded, up to the question's limit. A cell that a spreadsheet would run as a formula gets an apostrophe before it;
both answers are attachments, so no browser ever shows them as a page of ours.
"""

from __future__ import annotations

import csv
import io

from starlette.responses import JSONResponse, Response

from clickhouse.ask.answer import Answer, Number
from clickhouse.ask.question import Question
from dashboard.filters import write_filter
from registry.site import Site

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
MOST_ROWS = 10_000


def safe_cell(text: str) -> str:
    """Keep a spreadsheet from running a label."""
    return f"'{text}" if text.startswith(FORMULA) else text


def written(number: Number) -> str:
    return "" if number is None else f"{number:.10g}" if isinstance(number, float) else str(number)


def csv_text(question: Question, answer: Answer) -> str:
    """Write one line a row: labels, then metrics; RFC 4180."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow([safe_cell(name) for name in (*question.dimensions, *question.metrics)])
    for row in answer.rows:
        lines.writerow([*map(safe_cell, row.dimensions), *map(written, row.metrics)])
    return out.getvalue()


def json_value(question: Question, answer: Answer, site: Site) -> dict[str, object]:
    """The same as one JSON object, with the question it answers."""
    rows = [
        {"dimensions": row.dimensions, "metrics": row.metrics}
        | ({"before": row.before} if question.compare is not None else {})
        for row in answer.rows
    ]
    return {
        "site": site.host,
        "timezone": question.timezone,
        "since": question.period.since.isoformat(),
        "until": question.period.until.isoformat(),
        "filters": [write_filter(filter_) for filter_ in question.filters],
        "dimensions": question.dimensions,
        "metrics": question.metrics,
        "rows": rows,
        "total_rows": answer.total_rows,
        "fewer_than": answer.fewer_than,
    }


def attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def file_name(site: Site, table: str, question: Question, kind: str) -> str:
    """Name a file by what is in it; hosts and names of tables are plain ASCII."""
    first, last = question.period.since.date(), question.period.until.date()
    return f"{site.host}-{table}-{first}-{last}.{kind}"


def csv_answer(site: Site, table: str, question: Question, answer: Answer) -> Response:
    headers = attachment(file_name(site, table, question, "csv"))
    return Response(csv_text(question, answer), headers=headers, media_type="text/csv; charset=utf-8")


def json_answer(site: Site, table: str, question: Question, answer: Answer) -> Response:
    headers = attachment(file_name(site, table, question, "json"))
    return JSONResponse(json_value(question, answer, site), headers=headers)
