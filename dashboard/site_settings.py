"""The settings of a site, as a form made from the registry's table.

In: the table of settings, a site, what was typed. Out: one field a setting with its help and what it allows, and
beside the field what was wrong with it. Only what differs is changed, all of it or nothing. What a value may be is
the registry's to say; nothing here knows a setting by name, but for the preset, whose changes count only when it
changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dashboard.access import need_person, need_site
from dashboard.forms import read_form
from dashboard.looking import tell
from dashboard.pages import render
from dashboard.people import Person
from dashboard.signin import go
from dashboard.sites import base_of, frame_at
from dashboard.tools import tools_of
from registry.errors import Denied, NotAllowed
from registry.setting import Setting
from registry.site import Site
from registry.site_settings import SETTINGS, default_of


class Field(msgspec.Struct, frozen=True):
    """One setting in the form."""

    key: str
    kind: str
    help: str
    allowed: str
    value: str
    default: str
    choices: tuple[str, ...]
    error: str = ""
    least: int = 0
    most: int = 0


def field_of(setting: Setting, site: Site, typed: Mapping[str, str], error: str) -> Field:
    now = setting.render(getattr(site, setting.key))
    return Field(
        key=setting.key,
        kind=setting.kind,
        help=setting.help,
        allowed=setting.allowed,
        value=typed.get(setting.key, now),
        default=default_of(setting.key),
        choices=setting.choices,
        error=error,
        least=setting.least,
        most=setting.most,
    )


def changes_in(form: Mapping[str, str], site: Site) -> dict[str, str]:
    """Pick what a form changes: a field that says what is so already is no change."""
    return {
        key: form[key]
        for key, setting in SETTINGS.items()
        if key in form and form[key].strip() != setting.render(getattr(site, key))
    }


def errors_in(changes: Mapping[str, str]) -> dict[str, str]:
    """Say what is wrong with single values, by key."""
    found = {}
    for key, text in changes.items():
        try:
            SETTINGS[key].parse(text)
        except NotAllowed as error:
            found[key] = str(error)
    return found


async def show_settings(
    request: Request,
    person: Person,
    site: Site,
    status: int = 200,
    *,
    typed: Mapping[str, str] = {},
    errors: Mapping[str, str] = {},
) -> Response:
    """Answer with the form; an error under an empty key belongs to the whole."""
    fields = [field_of(setting, site, typed, errors.get(key, "")) for key, setting in SETTINGS.items()]
    return render(
        request,
        "site_settings.html",
        status,
        frame=await frame_at(request, person, site, "settings"),
        site=site,
        fields=fields,
        error=errors.get("", ""),
        saved="saved" in request.query_params,
        action=f"{base_of(request)}/sites/{site.host}/settings",
        tag=f"{base_of(request)}/sites/{site.host}/tag",
        removal=f"{base_of(request)}/sites/{site.host}/remove",
        may_remove=person.may("remove", site),
    )


async def get_settings(request: Request) -> Response:
    """`GET /sites/{host}/settings`."""
    person = await need_person(request)
    return await show_settings(request, person, await need_site(request, person, "configure"))


async def post_settings(request: Request) -> Response:
    """`POST /sites/{host}/settings`."""
    person = await need_person(request)
    site = await need_site(request, person, "configure")
    form = await read_form(request)
    changes = changes_in(form, site)
    errors = errors_in(changes)
    if not errors:
        try:
            await asyncio.to_thread(_act, request, person, site, changes)
        except Denied as error:
            errors = {"": str(error)}
    if errors:
        return await show_settings(request, person, site, 400, typed=form, errors=errors)
    tell(request, params=", ".join(changes) or "nothing")
    return go(request, f"/sites/{site.host}/settings?saved")


def _act(request: Request, person: Person, site: Site, changes: Mapping[str, str]) -> None:
    tools_of(request).registry.sites.set(site.host, changes, by=person.email or "the demo")
