"""What people type as a host, and what becomes of it."""

from __future__ import annotations

import pytest

from registry.errors import NotAllowed
from registry.hosts import ascii_host, host_pattern, site_host


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("example.com", "example.com"),
        ("  Example.COM ", "example.com"),
        ("www.example.com", "example.com"),
        ("www.com", "www.com"),
        ("example.com.", "example.com"),
        ("shop.example.co.uk", "shop.example.co.uk"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("MÜNCHEN.de", "xn--mnchen-3ya.de"),
        ("straße.de", "xn--strae-oqa.de"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("my_box.intranet", "my_box.intranet"),
    ],
)
def test_a_host_is_kept_as_browsers_send_it(typed: str, host: str) -> None:
    assert site_host(typed) == host


@pytest.mark.parametrize(
    ("pasted", "host"),
    [
        ("https://example.com", "example.com"),
        ("https://www.example.com/blog?x=1#top", "example.com"),
        ("example.com/", "example.com"),
        ("example.com:8080", "example.com"),
        ("https://user:secret@example.com/", "example.com"),
        ("//example.com", "example.com"),
    ],
)
def test_a_pasted_address_is_refused_with_the_host_to_type(pasted: str, host: str) -> None:
    with pytest.raises(NotAllowed, match="host alone: " + host.replace(".", r"\.") + "$"):
        site_host(pasted)


@pytest.mark.parametrize(
    "nonsense",
    [
        *("", " ", ".", "a..b", "-a.com", "a-.com", "exa mple.com", "a" * 64 + ".com", "a." * 127 + "com", "1.2.3"),
        *("300.1.1.1", "ex☃mple.com", "[::1]", "a\x00b.com", "a\nb.com", "http://", "*.example.com", "a'b.com"),
        *("<b>.com", "a\ud800.com"),
    ],
)
def test_nonsense_is_no_host(nonsense: str) -> None:
    with pytest.raises(NotAllowed):
        ascii_host(nonsense)


def test_a_pattern_stands_for_everything_below_a_host() -> None:
    assert host_pattern("*.Example.com") == "*.example.com"
    assert host_pattern("shop.example.com") == "shop.example.com"


@pytest.mark.parametrize("pattern", ["*", "*.", "a.*.com", "*example.com", "*.*.com", "a*.com"])
def test_a_star_stands_first_or_nowhere(pattern: str) -> None:
    with pytest.raises(NotAllowed):
        host_pattern(pattern)
