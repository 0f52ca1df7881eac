"""Asked: the line on every page of a site that a visitor waits for an answer, for those who answer for rights.

In: the site's queue (registry/requests.py). Out: a notice with its link, or nothing. The page itself is requests.py. It
quotes nothing of a request: how many, and whether one is overdue.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from dashboard import words
from dashboard.controls import Choice
from dashboard.tools import tools_of
from registry.site import Site


async def waiting_requests(request: Request, site: Site) -> tuple[Choice, ...]:
    """Return the notice, where there is something to tell."""
    tools = tools_of(request)
    waiting = await asyncio.to_thread(tools.registry.requests.list, site.id)
    if not waiting:
        return ()
    late = sum(one.is_overdue(tools.now()) for one in waiting)
    told = words.count_of("requests.notice", len(waiting))
    told += f" {words.count_of('requests.notice_late', late)}" if late else ""
    href = f"{request.scope.get('root_path', '')}/sites/{site.host}/requests"
    return (Choice(told, href, note=words.say("requests.notice_do")),)
