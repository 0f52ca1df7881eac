"""Ways: how the tag gets into pages, for the tools that people build sites with, ready to paste.

In: the site, our public address, where we listen. Out: named pieces of text. Nothing is fetched and nothing is promised
beyond what the snippet does: it finds its site in `data-site`, also when a script put it into the page. Pure.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

USUAL_PATH = "/_f"


class Way(msgspec.Struct, frozen=True):
    """One way; its name and what to do stand in the catalogue under `way.<key>`. `codes`: what to paste, in order."""

    key: str
    codes: tuple[str, ...]


def tag_for(host: str, public_url: str) -> str:
    """The line to paste. The site is named in it, so that one tag serves further hosts too."""
    return f'<script defer src="{public_url}/s.js" data-site="{host}"></script>'


def script_for(host: str, public_url: str) -> str:
    """The same as statements, for where tags cannot have attributes or there is no HTML to edit."""
    return (
        "const tag = document.createElement('script');\n"
        f"tag.src = '{public_url}/s.js';\n"
        f"tag.dataset.site = '{host}';\n"
        "document.head.append(tag);"
    )


def policy_for(origin: str) -> str:
    """What a Content-Security-Policy must allow."""
    return f"script-src {origin}; connect-src {origin}"


def next_for(host: str, public_url: str) -> str:
    return (
        "import Script from 'next/script'\n\n"
        "// in the <body> of the root layout:\n"
        f'<Script src="{public_url}/s.js" data-site="{host}" strategy="afterInteractive" />'
    )


def wordpress_for(host: str, public_url: str) -> str:
    return (
        "add_action('wp_head', function () {\n"
        f"    echo '{tag_for(host, public_url)}';\n"
        "});"
    )  # fmt: skip


def nginx_for(path: str, here: str) -> str:
    return (
        f"location {path}/ {{\n"
        f"    proxy_pass {here}/;\n"
        "    proxy_set_header Host $host;\n"
        "    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"
        "    proxy_set_header X-Forwarded-Proto $scheme;\n"
        "    access_log off;\n"
        "}\n"
        f"location = /.well-known/gpc.json {{ proxy_pass {here}; access_log off; }}"
    )


def caddy_for(host: str, path: str, here: str) -> str:
    upstream = urlsplit(here).netloc
    return (
        f"{host} {{\n"
        f"    handle_path {path}/* {{\n"
        f"        reverse_proxy {upstream}\n"
        "    }\n"
        f"    reverse_proxy /.well-known/gpc.json {upstream}\n"
        "}"
    )


def apache_for(path: str, here: str) -> str:
    return (
        f"ProxyPass        {path}/ {here}/\n"
        f"ProxyPassReverse {path}/ {here}/\n"
        f"ProxyPass        /.well-known/gpc.json {here}/.well-known/gpc.json\n"
        f'SetEnvIf Request_URI "^{path}/" quiet\n'
        "CustomLog ${APACHE_LOG_DIR}/access.log combined env=!quiet"
    )


def ways_for(host: str, public_url: str, here: str) -> tuple[Way, ...]:
    """Every way. `here`: where this server listens, as a proxy on the same machine reaches it."""
    address = urlsplit(public_url)
    path = address.path.rstrip("/") or USUAL_PATH
    own = f"FOOTFALL_BASE_URL=https://{host}{path}"
    return (
        Way("html", (tag_for(host, public_url),)),
        Way("npm", (script_for(host, public_url),)),
        Way("next", (next_for(host, public_url),)),
        Way("manager", (f"<script>\n{script_for(host, public_url)}\n</script>",)),
        Way("wordpress", (wordpress_for(host, public_url),)),
        Way("policy", (policy_for(f"{address.scheme}://{address.netloc}"),)),
        Way("nginx", (nginx_for(path, here), own)),
        Way("caddy", (caddy_for(host, path, here), own)),
        Way("apache", (apache_for(path, here), own)),
    )
