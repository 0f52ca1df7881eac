"""The routes of the dashboard, one row each: path, methods, handler, and who may come in.

`needs` is told twice: here, where a test reads it to check every role against every route, and in the handler, which
asks `access.py`. A route that is not in this table does not exist; one whose row lies fails the test.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.api.endpoint import post_query
from dashboard.assets import serve_asset
from dashboard.people import Act
from dashboard.reading import get_csv, get_details, get_json, get_now, get_report
from dashboard.refused import get_refused, get_refused_csv, get_refused_json, post_refused
from dashboard.setup import get_setup, post_setup
from dashboard.signin import get_sign_in, post_sign_in, post_sign_out
from dashboard.site_settings import get_settings, post_settings
from dashboard.sites import get_new_site, get_sites, get_tag, post_new_site

Handler = Callable[[Request], Awaitable[Response]]
Needs = Act | Literal["nothing", "token", "key"]


class Row(msgspec.Struct, frozen=True):
    """One route."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    needs: Needs


ROUTES: tuple[Row, ...] = (
    Row("GET", "/", get_sites, "nothing"),
    Row("GET", "/static/{name}", serve_asset, "nothing"),
    Row("GET", "/sign-in", get_sign_in, "nothing"),
    Row("POST", "/sign-in", post_sign_in, "nothing"),
    Row("POST", "/sign-out", post_sign_out, "nothing"),
    Row("GET", "/setup", get_setup, "token"),
    Row("POST", "/setup", post_setup, "token"),
    Row("GET", "/sites/new", get_new_site, "add_site"),
    Row("POST", "/sites/new", post_new_site, "add_site"),
    Row("GET", "/sites/{host}", get_report, "look"),
    Row("GET", "/sites/{host}/now", get_now, "look"),
    Row("GET", "/sites/{host}/details", get_details, "look"),
    Row("GET", "/sites/{host}/details.csv", get_csv, "look"),
    Row("GET", "/sites/{host}/details.json", get_json, "look"),
    Row("GET", "/sites/{host}/details/{list}.csv", get_csv, "look"),
    Row("GET", "/sites/{host}/details/{list}.json", get_json, "look"),
    Row("GET", "/sites/{host}/details/{list}", get_details, "look"),
    Row("GET", "/sites/{host}/refused", get_refused, "look"),
    Row("POST", "/sites/{host}/refused", post_refused, "configure"),
    Row("GET", "/sites/{host}/refused.csv", get_refused_csv, "look"),
    Row("GET", "/sites/{host}/refused.json", get_refused_json, "look"),
    Row("GET", "/sites/{host}/tag", get_tag, "look"),
    Row("GET", "/sites/{host}/settings", get_settings, "configure"),
    Row("POST", "/sites/{host}/settings", post_settings, "configure"),
    Row("POST", "/api/v2/query", post_query, "key"),
)


def by_method(handlers: Mapping[str, Handler]) -> Handler:
    """One handler for all methods of a path, so that a wrong method is told all that are right."""

    async def handle(request: Request) -> Response:
        return await handlers["GET" if request.method == "HEAD" else request.method](request)

    return handle


def starlette_routes() -> list[Route]:
    """The table as Starlette wants it: one route a path, in the table's order."""
    paths: dict[str, dict[str, Handler]] = {}
    for row in ROUTES:
        paths.setdefault(row.path, {})[row.method] = row.handler
    return [Route(path, by_method(handlers), methods=list(handlers)) for path, handlers in paths.items()]
