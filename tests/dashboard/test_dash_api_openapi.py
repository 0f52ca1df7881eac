"""The description of the API: valid, complete, and obeyed, also by requests that nobody would write."""

from __future__ import annotations

import pytest
import schemathesis
from dash_world import World
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import validate
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as described

from dashboard.api.openapi import document
from dashboard.api.words import DIMENSION_WORDS, METRIC_WORDS, TIME_WORDS
from dashboard.routes import ROUTES

DOCUMENT = document()
OBEYED = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_schema_conformance,
]
BOUNDED = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def test_the_description_is_openapi_3_1(world: World) -> None:
    answer = world.browser().get("/api/openapi.json")
    assert answer.json() == DOCUMENT
    assert answer.json()["openapi"].startswith("3.1")
    validate(answer.json())


def test_every_route_of_the_api_is_described() -> None:
    told = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert told == {(row.method, row.path) for row in ROUTES if row.path.startswith("/api/")}


def test_every_name_is_described() -> None:
    told = str(DOCUMENT["components"])
    for name in (*METRIC_WORDS, *DIMENSION_WORDS, *TIME_WORDS):
        assert repr(name) in told


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as told", "otherwise"])
@pytest.mark.parametrize("path", [path for path in DOCUMENT["paths"] if path != "/api/openapi.json"])
def test_whatever_is_sent_the_answer_is_as_described(world: World, path: str, mode: GenerationMode) -> None:
    world.views(3)
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", world.make())
    (method,) = DOCUMENT["paths"][path]
    headers = world.key()

    @BOUNDED
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        if case.query.get("site_id"):
            case.query["site_id"] = "example.com"
        if isinstance(case.body, dict) and isinstance(case.body.get("site_id"), str):
            case.body["site_id"] = "example.com"
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=OBEYED)

    ask()
