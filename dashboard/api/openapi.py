"""The Stats API described: OpenAPI 3.1, made from the tables that answer it.

In: the tables of words. Out: one JSON value for `GET /api/openapi.json`. Metrics, dimensions, operators, named ranges
are those that shape.py checks and words.py translates, so the description cannot know a name that the API does not.
It describes what is asked and answered, not what a number means: docs/questions.md does.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.api import legacy
from dashboard.api.page_endpoint import PAGES
from dashboard.api.shape import MOST_LIMIT, NAMED_RANGES
from dashboard.api.words import (
    CASELESS_OPERATORS,
    DIMENSION_WORDS,
    GOAL,
    GOAL_OPERATORS,
    METRIC_WORDS,
    OLD_WORDS,
    OPERATORS,
    PROPS,
    SEGMENT,
    TIME_WORDS,
)
from dashboard.period import SPAN_ROWS
from dashboard.tools import KEY_REQUESTS_AN_HOUR
from dashboard.url import COMPARES, OWN

Json: TypeAlias = dict[str, object]


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def text(*words: str) -> Json:
    return {"type": "string", "enum": list(words)} if words else {"type": "string"}


def array(items: Json, **more: object) -> Json:
    return {"type": "array", "items": items, **more}


def tuple_of(*items: Json, least: int | None = None) -> Json:
    return {"type": "array", "prefixItems": list(items), "items": False, "minItems": least or len(items),
            "maxItems": len(items)}  # fmt: skip


def record(properties: Json, required: tuple[str, ...] = (), *, closed: bool = True) -> Json:
    plain: Json = {"type": "object", "properties": properties, "required": list(required)}
    return plain | {"additionalProperties": False} if closed else plain


def one_of(*choices: Json) -> Json:
    return {"anyOf": list(choices)}


def filter_schemas() -> dict[str, Json]:
    values = array(one_of(text(), {"type": "integer"}))
    plain = tuple_of(text(*OPERATORS), ref("FilterDimension"), values)
    caseless = tuple_of(text(*CASELESS_OPERATORS), ref("FilterDimension"), values,
                        record({"case_sensitive": {"type": "boolean"}}, ("case_sensitive",)))  # fmt: skip
    goal = tuple_of(text(*GOAL_OPERATORS), text(GOAL), values)
    return {
        "FilterDimension": one_of(text(*DIMENSION_WORDS, *OLD_WORDS), {"type": "string", "pattern": f"^{PROPS}.+$"}),
        "Filter": one_of(
            plain,
            caseless,
            goal,
            tuple_of(text("is"), text(SEGMENT), array({"type": "integer"}, minItems=1)),
            tuple_of(text("and", "or"), array(ref("Filter"), minItems=1)),
            tuple_of(text("not", "has_done", "has_not_done"), ref("Filter")),
        ),
    }


def query_schema() -> Json:
    name = one_of(ref("Metric"), ref("Dimension"))
    return record(
        {
            "site_id": text(),
            "metrics": array(ref("Metric"), minItems=1, uniqueItems=True),
            "date_range": ref("DateRange"),
            "dimensions": array(ref("Dimension"), uniqueItems=True),
            "filters": array(ref("Filter")),
            "order_by": array(tuple_of(name, text("asc", "desc"))),
            "include": record({key: {"type": "boolean"} for key in ("imports", "time_labels", "total_rows")}),
            "pagination": record({
                "limit": {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT},
                "offset": {"type": "integer", "minimum": 0},
            }),
        },
        ("site_id", "metrics", "date_range"),
    )  # fmt: skip


def schemas() -> dict[str, Json]:
    number: Json = {"type": ["number", "null"]}
    money = record({"value": {"type": "number"}, "currency": text(), "short": text(), "long": text()},
                   ("value", "currency", "short", "long"))  # fmt: skip
    return {
        "Metric": text(*METRIC_WORDS),
        "Dimension": one_of(ref("FilterDimension"), text(GOAL, *TIME_WORDS)),
        "DateRange": one_of(
            text(*NAMED_RANGES),
            {"type": "string", "pattern": "^[1-9][0-9]{0,2}(d|mo)$"},
            tuple_of({"type": "string", "format": "date"}, {"type": "string", "format": "date"}),
            tuple_of({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}),
        ),
        **filter_schemas(),
        "Query": query_schema(),
        "Number": one_of(number, money),
        "Answer": record(
            {
                "results": array(
                    record({"metrics": array(ref("Number")), "dimensions": array(text())}, ("metrics", "dimensions"))
                ),
                "meta": record({}, closed=False),
                "query": record({}, closed=False),
            },
            ("results", "meta", "query"),
        ),
        "Error": record({"error": text()}, ("error",)),
        "Totals": record({"results": {"type": "object", "additionalProperties": record(
            {"value": ref("Number"), "change": number}, ("value",))}}, ("results",)),
        "Page": record({
            **{name: text() for name in ("site", "timezone", "since", "until")},
            "filters": array(text()),
            "asked": {"type": "object", "additionalProperties": text()},
            "fewer_than": {"type": ["integer", "null"]},
            "sheets": {"type": "object", "additionalProperties": array({"type": "object"})},
        }, ("site", "timezone", "since", "until", "filters", "asked", "fewer_than", "sheets")),
        "Rows": record({"results": array({"type": "object"})}, ("results",)),
    }  # fmt: skip


ERRORS = {
    "400": "The request cannot be understood; `error` says why.",
    "401": "No key, an unknown one, or a site that it does not open.",
    "402": "The site is about to be removed.",
    "413": "The body is too long.",
    "429": f"More than {KEY_REQUESTS_AN_HOUR} requests in an hour; `Retry-After` says how many seconds to wait.",
    "503": "The store does not answer, or the question is too much at once.",
}


def responses(schema: Json) -> Json:
    def answer(description: str, content: Json) -> Json:
        return {"description": description, "content": {"application/json": {"schema": content}}}

    told: Json = {"200": answer("The answer.", schema)}
    told |= {status: answer(sentence, ref("Error")) for status, sentence in ERRORS.items()}
    waiting = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    told["429"] = answer(ERRORS["429"], ref("Error")) | {"headers": waiting}
    return told


def parameter(name: str, schema: Json, description: str, *, required: bool = False) -> Json:
    return {"name": name, "in": "query", "schema": schema, "description": description, "required": required}


def old_parameters() -> list[Json]:
    return [
        parameter("site_id", text(), "The site's host.", required=True),
        parameter("period", text(*legacy.PERIODS), "How long, up to `date`; 30d unless given."),
        parameter("date", text(), "A day (today unless given), or `first,last` for `custom`."),
        parameter("metrics", text(), "Names joined by commas; visitors unless given."),
        parameter("filters", text(), "`property==value` joined by `;`, values by `|`."),
    ]


def operation(summary: str, schema: Json, *parameters: Json, name: str) -> Json:
    return {"operationId": name, "summary": summary, "parameters": list(parameters), "responses": responses(schema)}


def page_operation() -> Json:
    """A page beside the report: its parameters are those of its address."""
    room: Json = {
        "name": "page",
        "in": "path",
        "required": True,
        "schema": text(*sorted(PAGES)),
        "description": "Which.",
    }
    day: Json = {"type": "string", "format": "date"}
    described = operation(
        "A page beside the report, by the query string it has on the dashboard.", ref("Page"), room,
        old_parameters()[0],
        parameter("period", text(*SPAN_ROWS), "How long; 30d unless given."),
        *(parameter(name, day, "A day of the period.") for name in ("date", "from", "to")),
        parameter("compare", text(*COMPARES), "With what to compare."),
        parameter("f", array(text()), "Filters, as in the address: `is:page:/pricing|/docs`."),
        parameter("s", array(text()), "Steps of a funnel: `page:/pricing`, `feature:search`, `goal:Signed up`."),
        *(parameter(name, text(), "As in the page's own address.") for name in OWN if name != "s"), name="page",
    )  # fmt: skip
    told = msgspec.convert(described["responses"], dict[str, object])
    missing = {"description": "There is no such page.", "content": {"application/json": {"schema": ref("Error")}}}
    return described | {"responses": told | {"404": missing}}


def paths() -> Json:
    old, site = old_parameters(), old_parameters()[0]
    query = operation("Ask for metrics, by dimensions, under filters.", ref("Answer"), name="query") | {
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref("Query")}}}
    }
    number: Json = {"type": "integer"}
    described = {"description": "This description.", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "/api/v2/query": {"post": query},
        "/api/v2/pages/{page}": {"get": page_operation()},
        "/api/v1/stats/realtime/visitors": {
            "get": operation("How many visitors were here in the last five minutes.", number, site, name="realtime")
        },
        "/api/v1/stats/aggregate": {
            "get": operation("Totals.", ref("Totals"), *old, parameter(
                "compare", text("previous_period"), "Also say the change."), name="aggregate")
        },
        "/api/v1/stats/timeseries": {
            "get": operation("A series without gaps.", ref("Rows"), *old, parameter(
                "interval", text("date", "day", "hour", "week", "month"), "What a point is."), name="timeseries")
        },
        "/api/v1/stats/breakdown": {
            "get": operation(
                "Rows of one property.", ref("Rows"), *old,
                parameter("property", text(), "A dimension that is not a time.", required=True),
                parameter("limit", {"type": "integer", "minimum": 1, "maximum": legacy.MOST_ROWS}, "Rows of a page."),
                parameter("page", {"type": "integer", "minimum": 1}, "Which page."), name="breakdown",
            )
        },
        "/api/openapi.json": {
            "get": {"operationId": "openapi", "summary": "This description.", "security": [],
                    "responses": {"200": described}}
        },
    }  # fmt: skip


def document(server: str = "") -> Json:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Footfall Stats API",
            "version": "2",
            "description": "Plausible's Stats API, versions 2 and 1. Numbers are of daily visitors: docs/questions.md "
            "says what each metric means, docs/wire.md where answers differ. What senders speak to (`/e` and its kin, "
            "`/api/events`, health and metrics) may run elsewhere: docs/wire.md describes it.",
        },
        "servers": [{"url": server or "/"}],
        "security": [{"key": []}],
        "paths": paths(),
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key with stats:read."}},
        },
    }


async def get_openapi(request: Request) -> Response:
    """`GET /api/openapi.json`: for anyone; it says nothing about a site."""
    return JSONResponse(document(request.scope.get("root_path", "")))
