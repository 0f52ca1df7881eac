"""Pages: templates and the one function that turns them into a response.

In: a request, a template's name, its values. Out: an HTML response. The only module of this room that imports
jinja2. Everything a template prints is escaped, and a name it does not know is an error rather than a blank,
so that a page is either right or a failed test. Every template sees `request`, `base` (what stands before each of
our paths: empty, or the path part of the public address), `asset(name)`, `say(name)` and `credit()`, whom the
foot of a page with places has to name. It reads no registry and asks no question.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from dashboard import words
from dashboard.assets import asset_url
from dashboard.panels import grouped
from dashboard.tools import tools_of

TEMPLATES = Path(__file__).parent / "templates"

templates = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
templates.globals.update(say=words.say, knows=words.knows, count_of=words.count_of, grouped=grouped)


def render(request: Request, name: str, status: int = 200, **context: object) -> HTMLResponse:
    """Fill the template `name` with `context`."""
    base: str = request.scope.get("root_path", "")
    page = templates.get_template(name).render(
        request=request,
        status=status,
        base=base,
        asset=lambda file: base + asset_url(file),
        credit=tools_of(request).credit,
        **context,
    )
    return HTMLResponse(page, status)
