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

from dashboard.account import get_account, post_account
from dashboard.api.endpoint import post_query
from dashboard.api.legacy_endpoint import get_aggregate, get_breakdown, get_realtime, get_timeseries
from dashboard.api.openapi import get_openapi
from dashboard.api.page_endpoint import get_page
from dashboard.assets import serve_asset
from dashboard.leaks import get_leaks, post_leaks
from dashboard.leaving import get_export, get_removal, post_export, post_removal
from dashboard.looking import note_look
from dashboard.members import get_people, post_people
from dashboard.noting import post_annotations, post_segments
from dashboard.onboarding import get_tag
from dashboard.own.changes import CHANGES, changing
from dashboard.own.realtime import get_stream
from dashboard.own_pages import OWN, csv_of_page, json_of_page, page_of
from dashboard.people import Act
from dashboard.reading import get_csv, get_details, get_json, get_now, get_report
from dashboard.refused import get_refused, get_refused_csv, get_refused_json, post_refused
from dashboard.requests import get_requests, post_requests
from dashboard.second import get_code, post_code
from dashboard.setup import get_setup, post_setup
from dashboard.shared import get_shared, post_shared
from dashboard.signin import get_sign_in, post_sign_in, post_sign_out
from dashboard.site_keys import get_keys, post_keys
from dashboard.site_looks import get_looks
from dashboard.site_settings import get_settings, post_settings
from dashboard.site_shares import get_shares, post_shares
from dashboard.sites import get_new_site, get_sites, post_new_site
from dashboard.values import get_values

Handler = Callable[[Request], Awaitable[Response]]
Needs = Act | Literal["nothing", "token", "key", "link", "account"]


class Row(msgspec.Struct, frozen=True):
    """One route."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    needs: Needs
    is_watched: bool = False
    """A page that asks again by itself: who looked is noted once for as long as somebody watches."""


ROUTES: tuple[Row, ...] = (
    Row("GET", "/", get_sites, "nothing"),
    Row("GET", "/static/{name}", serve_asset, "nothing"),
    Row("GET", "/sign-in", get_sign_in, "nothing"),
    Row("POST", "/sign-in", post_sign_in, "nothing"),
    Row("GET", "/sign-in/code", get_code, "nothing"),
    Row("POST", "/sign-in/code", post_code, "nothing"),
    Row("POST", "/sign-out", post_sign_out, "nothing"),
    Row("GET", "/account", get_account, "account"),
    Row("POST", "/account", post_account, "account"),
    Row("GET", "/share/{token}", get_shared, "link"),
    Row("POST", "/share/{token}", post_shared, "link"),
    Row("GET", "/setup", get_setup, "token"),
    Row("POST", "/setup", post_setup, "token"),
    Row("GET", "/sites/new", get_new_site, "add_site"),
    Row("POST", "/sites/new", post_new_site, "add_site"),
    Row("GET", "/sites/{host}", get_report, "look"),
    Row("GET", "/sites/{host}/now", get_now, "look", is_watched=True),
    Row("GET", "/sites/{host}/values", get_values, "look", is_watched=True),
    Row("POST", "/sites/{host}/segments", post_segments, "annotate"),
    Row("POST", "/sites/{host}/annotations", post_annotations, "annotate"),
    Row("GET", "/sites/{host}/details", get_details, "look"),
    Row("GET", "/sites/{host}/details.csv", get_csv, "look"),
    Row("GET", "/sites/{host}/details.json", get_json, "look"),
    Row("GET", "/sites/{host}/details/{list}.csv", get_csv, "look"),
    Row("GET", "/sites/{host}/details/{list}.json", get_json, "look"),
    Row("GET", "/sites/{host}/details/{list}", get_details, "look"),
    Row("GET", "/sites/{host}/refused", get_refused, "look"),
    Row("POST", "/sites/{host}/refused", post_refused, "configure"),
    Row("GET", "/sites/{host}/leaks", get_leaks, "audit"),
    Row("POST", "/sites/{host}/leaks", post_leaks, "configure"),
    Row("GET", "/sites/{host}/refused.csv", get_refused_csv, "look"),
    Row("GET", "/sites/{host}/refused.json", get_refused_json, "look"),
    Row("GET", "/sites/{host}/realtime/stream", get_stream, "look", is_watched=True),
    *(Row("GET", f"/sites/{{host}}/{own.room}", page_of(own), "look", is_watched=own.part is not None) for own in OWN),
    *(Row("POST", f"/sites/{{host}}/{room}", changing(room, change), "configure") for room, change in CHANGES.items()),
    *(Row("GET", f"/sites/{{host}}/{own.room}.csv", csv_of_page(own), "look") for own in OWN),
    *(Row("GET", f"/sites/{{host}}/{own.room}.json", json_of_page(own), "look") for own in OWN),
    Row("GET", "/sites/{host}/tag", get_tag, "look", is_watched=True),
    Row("GET", "/sites/{host}/settings", get_settings, "configure"),
    Row("POST", "/sites/{host}/settings", post_settings, "configure"),
    Row("GET", "/sites/{host}/export", get_export, "export"),
    Row("POST", "/sites/{host}/export", post_export, "take"),
    Row("GET", "/sites/{host}/remove", get_removal, "remove"),
    Row("POST", "/sites/{host}/remove", post_removal, "remove"),
    Row("GET", "/sites/{host}/people", get_people, "people"),
    Row("POST", "/sites/{host}/people", post_people, "people"),
    Row("GET", "/sites/{host}/keys", get_keys, "configure"),
    Row("POST", "/sites/{host}/keys", post_keys, "configure"),
    Row("GET", "/sites/{host}/shares", get_shares, "share"),
    Row("POST", "/sites/{host}/shares", post_shares, "share"),
    Row("GET", "/sites/{host}/looks", get_looks, "audit"),
    Row("GET", "/sites/{host}/requests", get_requests, "rights"),
    Row("POST", "/sites/{host}/requests", post_requests, "rights"),
    Row("POST", "/api/v2/query", post_query, "key"),
    Row("GET", "/api/v2/pages/{page}", get_page, "key"),
    Row("GET", "/api/v1/stats/realtime/visitors", get_realtime, "key"),
    Row("GET", "/api/v1/stats/aggregate", get_aggregate, "key"),
    Row("GET", "/api/v1/stats/timeseries", get_timeseries, "key"),
    Row("GET", "/api/v1/stats/breakdown", get_breakdown, "key"),
    Row("GET", "/api/openapi.json", get_openapi, "nothing"),
)


def by_method(rows: Mapping[str, Row]) -> Handler:
    """One handler for all methods of a path, so that a wrong method is told all that are right.

    What a handler showed or changed of a site is noted before its answer leaves; if it cannot be noted, it does not.
    """

    async def handle(request: Request) -> Response:
        row = rows["GET" if request.method == "HEAD" else request.method]
        response = await row.handler(request)
        await note_look(request, response, is_watched=row.is_watched)
        return response

    return handle


def starlette_routes() -> list[Route]:
    """The table as Starlette wants it: one route a path, in the table's order."""
    paths: dict[str, dict[str, Row]] = {}
    for row in ROUTES:
        paths.setdefault(row.path, {})[row.method] = row
    return [Route(path, by_method(rows), methods=list(rows)) for path, rows in paths.items()]
