"""Headers of every answer of the dashboard: what a browser may do with it, whom it may tell, how long to keep it.

A thin ASGI layer around everything, error pages included. In: any answer. Out: the same with the table below added;
what a handler set itself (`Cache-Control` of static files) stays. No page needs inline script or style, and no page
may be framed but a shared report by the origins of its link. `Referrer-Policy: same-origin`, not `no-referrer`: the
latter would blank `Origin` on our own forms.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: dict[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


class SecurityHeaders:
    """Adds HEADERS to every HTTP answer of `app`.

    `owns_https`: a whole https host is ours, so it may be told to stay https; below a path of somebody's host that
    is not ours to say.
    """

    def __init__(self, app: ASGIApp, *, owns_https: bool = False) -> None:
        self.app = app
        hsts = {"Strict-Transport-Security": "max-age=31536000"} if owns_https else {}
        self.headers = {**HEADERS, **hsts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                # An old header that knows no list of origins: where a page may be framed, the policy alone tells.
                if "frame-ancestors 'none'" not in headers["Content-Security-Policy"]:
                    del headers["X-Frame-Options"]
            await send(message)

        await self.app(scope, receive, send_with_headers)
