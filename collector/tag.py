"""The snippet as visitors' browsers get it: the built file, with the site's policy filled in.

In: js-snippet/dist and the sites. Out: `/s.js` (short-lived, with an ETag) and `/s.<hash>.js` (immutable), compressed.
The file is the same for everybody but for one string, the policy (js-snippet/README.md): so a page needs no second
request to know it. The site is the `?site=` of the address, else the host asked, else the host of the `Referer`; where
none is known, the standard policy holds. Whatever the file says, the server decides again on every event.
`/s.vitals.js` is what a page with `data-vitals` fetches for a share of its visitors, `/s.privacy.js` the widget of
privacy policies; each is the same for every site.
A request that carries the opt-out cookie gets it renewed, and a consented visitor's cookie that is too old is taken
away; no other cookie is ever set here.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from collector.cookies import OUT, choice_cookie, has_stale_vid, no_vid_cookie, wants_secure
from collector.sender import Head, host_of, read_head, signals_of
from registry.site import Site

LATEST_SECONDS = 600
PARTS = ("vitals", "privacy")
DIST = Path(__file__).resolve().parent.parent / "js-snippet" / "dist"
NOTICE_VERSION = 1
KEPT_NAMES = ("ref", "source")
"""Query names that may leave every browser: they say where a visit came from. A site's `keep_query` adds to them."""
_PACKED = {"br": ".br", "gzip": ".gz"}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class TagMissingError(Exception):
    """The snippet has not been built; `str()` says what to do."""


class Manifest(msgspec.Struct, frozen=True):
    """What the build says of its file."""

    placeholder: str
    """The one string to replace: the policy of the `standard` preset."""


class Policies(msgspec.Struct, frozen=True):
    """For the settings named by `key`, joined by blanks: the rules by which the snippet decides."""

    key: tuple[str, ...]
    rules: dict[str, str]


class Variant(msgspec.Struct, frozen=True):
    """The file with one policy, in every encoding we have."""

    hash: str
    bodies: Mapping[str, bytes]
    """By content coding: `br` (only what the build prepared), `gzip`, and the empty name for the plain file."""


class Sites(Protocol):
    """What the tag asks of the registry's snapshot."""

    @property
    def sites(self) -> tuple[Site, ...]: ...
    @property
    def revision(self) -> int: ...
    def by_host(self, host: str) -> Site | None: ...
    def resolve(self, name: str) -> Site | None: ...


class Tag:
    """Serves the snippet to every site of a snapshot."""

    def __init__(self, sites: Sites, base_url: str = "", dist: Path = DIST) -> None:
        """Read the built files; raise TagMissingError where there are none."""
        try:
            built = _read(dist / "snippet.min.js")
            self._parts = {name: _read(dist / f"{name}.min.js") for name in PARTS}
            self._standard = msgspec.json.decode((dist / "manifest.json").read_bytes(), type=Manifest).placeholder
            self._policies = msgspec.json.decode((dist / "policies.json").read_bytes(), type=Policies)
        except (OSError, msgspec.DecodeError):
            raise TagMissingError(f"the snippet is not built: run `npm ci && npm run build` in {dist.parent}") from None
        self._built = built.bodies[""]
        self._sites = sites
        self._base_url = base_url
        self._by_policy = {self._standard: built}
        self._revision = -1

    def variant_of(self, site: Site | None) -> Variant:
        """Return the file for a site; it is made once for each policy."""
        policy = policy_of(site, self._policies) if site else self._standard
        found = self._by_policy.get(policy)
        if found is None:
            body = self._built.replace(self._standard.encode(), policy.encode())
            found = Variant(_hash(body), {"": body, "gzip": gzip.compress(body, 9, mtime=0)})
            self._by_policy[policy] = found
        return found

    async def latest(self, request: Request) -> Response:
        """`GET /s.js`."""
        head = read_head(request.scope["headers"])
        self._follow()
        named = request.query_params.get("site")
        site = self._sites.resolve(named) if named else self._sites.by_host(_host(head, b"host"))
        vary = "Accept-Encoding"
        if site is None and not named and len(self._by_policy) > 1:
            site, vary = self._sites.by_host(_host(head, b"referer")), "Accept-Encoding, Referer"
        return self._reply(head, self.variant_of(site), f"public, max-age={LATEST_SECONDS}", vary)

    async def pinned(self, request: Request) -> Response:
        """`GET /s.<hash>.js`: what has this name never changes; and `GET /s.vitals.js`, `/s.privacy.js`."""
        self._follow()
        head = read_head(request.scope["headers"])
        wanted = request.path_params["hash"]
        if wanted in self._parts:
            return self._reply(head, self._parts[wanted], f"public, max-age={LATEST_SECONDS}", "Accept-Encoding")
        for variant in self._by_policy.values():
            if variant.hash == wanted:
                return self._reply(head, variant, "public, max-age=31536000, immutable", "Accept-Encoding")
        return Response("No such snippet.\n", 404, {"cache-control": "no-store"}, "text/plain")

    def _reply(self, head: Head, variant: Variant, caching: str, vary: str) -> Response:
        coding = _coding(head.get(b"accept-encoding", b""), variant.bodies)
        etag = f'"{variant.hash}{coding and "-" + coding}"'
        headers = {
            "cache-control": caching,
            "etag": etag,
            "vary": vary,
            "x-content-type-options": "nosniff",
            "cross-origin-resource-policy": "cross-origin",
            "access-control-allow-origin": "*",
        }
        if coding:
            headers["content-encoding"] = coding
        cookies = self._cookies(head)
        if cookies:
            headers["cache-control"] = caching.replace("public", "private")
        is_known = etag.encode() in head.get(b"if-none-match", b"")
        response = (
            Response(None, 304, headers)
            if is_known
            else Response(variant.bodies[coding], 200, headers, "text/javascript")
        )
        for line in cookies:
            response.headers.append("set-cookie", line)
        return response

    def _cookies(self, head: Head) -> list[str]:
        signals, secure = signals_of(head), wants_secure(head, self._base_url)
        lines = [choice_cookie(OUT, secure=secure)] if signals.optout_cookie else []
        return [*lines, no_vid_cookie(secure=secure)] if has_stale_vid(signals, time.time()) else lines

    def _follow(self) -> None:
        """Keep the variants of today's sites, and no others, when the sites have changed."""
        if self._revision != self._sites.revision:
            self._revision = self._sites.revision
            wanted = {self._standard, *(policy_of(site, self._policies) for site in self._sites.sites)}
            self._by_policy = {policy: made for policy, made in self._by_policy.items() if policy in wanted}
            for site in self._sites.sites:
                self.variant_of(site)


def policy_of(site: Site, policies: Policies) -> str:
    """Write a site's policy as the snippet reads it (js-snippet/src/policy.js)."""
    rules = policies.rules[" ".join(getattr(site, key) for key in policies.key)]
    # Where nothing but a page view is counted, nothing is read from the browser but where it is and came from.
    zone = "zone" if site.place != "none" and site.mode != "none" else ""
    names = dict.fromkeys((*KEPT_NAMES, *(name for name in site.keep_query if _NAME.fullmatch(name))))
    return ",".join((rules, str(NOTICE_VERSION), zone, *names))


def _read(script: Path) -> Variant:
    """Read one of the build's scripts with the encodings beside it."""
    plain = script.read_bytes()
    packed = {coding: script.with_name(script.name + end).read_bytes() for coding, end in _PACKED.items()}
    return Variant(_hash(plain), {"": plain, **packed})


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def _host(head: Head, name: bytes) -> str:
    return host_of(head.get(name, b"").decode("latin-1"))


def _coding(accepted: bytes, available: Iterable[str]) -> str:
    """Choose the smallest coding the browser names; `q=0` means it may not be used."""
    offers = {}
    for part in accepted.decode("latin-1").lower().split(","):
        name, _, quality = part.partition(";")
        offers[name.strip()] = quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((coding for coding in ("br", "gzip") if coding in available and offers.get(coding)), "")
