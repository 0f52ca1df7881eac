"""The token of a form: proof of one hour, the same for everybody."""

from __future__ import annotations

import pytest
from privacy_world import NOW, SECRET

from collector.privacy.token import GOOD_SECONDS, is_good, make_token


@pytest.mark.parametrize(
    "token", ["", ".", "1.", "x.y", "9" * 50 + ".a", f"{NOW}.é", f"²{NOW}.a", make_token(SECRET, NOW) + "0"]
)
def test_junk_is_no_token(token: str) -> None:
    assert not is_good(token, SECRET, NOW)


def test_a_token_is_good_for_an_hour_and_says_nothing_of_the_visitor() -> None:
    token = make_token(SECRET, NOW)
    assert is_good(token, SECRET, NOW)
    assert is_good(token, SECRET, NOW + GOOD_SECONDS)
    assert not is_good(token, SECRET, NOW + GOOD_SECONDS + 1)
    assert token == make_token(SECRET, NOW)
