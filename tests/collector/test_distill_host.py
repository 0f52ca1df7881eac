"""Which foreign host a count may name: the plain public name of a machine, and nothing that could be somebody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.distill.host import UNTOLD, told_host

TOLD = (
    "localhost", "staging.example.com", "www.example.com", "dev2.shop.example", "xn--bcher-kva.example",
    "example-com.translate.goog", "deploy-preview-1234--site.netlify.app",
)  # fmt: skip
UNTOLD_HOSTS = (
    "", "null", "192.168.1.4", "2001:db8::1", "annas-laptop.local", "nas.home", "desk-17.corp", "a.b.c.d.e.f.g.example",
    "4915112345678.example.com", "a1b2c3d4e5f6a7b8.ngrok.io", "0f8fad5b-d9cb-469f-a165-70867728950e.app",
    "jane.doe@example.com", "x.example\x00", "<script>.example", "UPPER.example", f"{'x' * 60}.example", "-x.example",
)  # fmt: skip


@pytest.mark.parametrize("host", TOLD)
def test_the_plain_name_of_a_machine_is_told(host: str) -> None:
    assert told_host(host) == host


@pytest.mark.parametrize("host", UNTOLD_HOSTS)
def test_what_could_be_somebodys_is_not(host: str) -> None:
    assert told_host(host) == UNTOLD


@given(st.text(max_size=120))
def test_whatever_comes_is_told_as_it_is_or_not_at_all(host: str) -> None:
    told = told_host(host)
    assert told in (host, UNTOLD)
    assert told.isascii()
    assert len(told) <= 80
