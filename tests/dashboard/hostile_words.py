"""Words that would be markup if a page let them: sent by visitors, typed by people, put into addresses."""

from __future__ import annotations

XSS = [
    "<script>alert(1)</script>", "<ScRiPt>alert(1)</sCrIpT>", "<script src=//evil.example></script>",
    "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
    "<body onload=alert(1)>", "<iframe src=javascript:alert(1)>", "<a href=javascript:alert(1)>x</a>",
    "<math><mi//xlink:href='javascript:alert(1)'>", "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>", "<video><source onerror=alert(1)></video>", "<marquee onstart=alert(1)>",
    "<object data=javascript:alert(1)>", "<embed src=javascript:alert(1)>", "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>", "<link rel=stylesheet href=//evil.example>",
    "<style>*{background:url(//evil.example)}</style>", "\" onmouseover=\"alert(1)", "' onmouseover='alert(1)",
    "\"><script>alert(1)</script>", "'><script>alert(1)</script>", "</title><script>alert(1)</script>",
    "</table><script>alert(1)</script>", "--><script>alert(1)</script>", "javascript:alert(1)", "{{7*7}}{% raw %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "<template><script>alert(1)</script>",
]  # fmt: skip
assert len(XSS) >= 30
