"""What can go wrong between a request and its page: a small tree, caught once, in `faults.py`.

Each error carries a status and a sentence for the person who asked. The sentence never quotes more of a request than
a short, printable piece. Faults of the store and the registry have trees of their own in their rooms.
"""

from __future__ import annotations


class DashboardError(Exception):
    """Something to tell the person who asked."""

    status = 500


class BadQuestion(DashboardError):
    """A request that cannot be understood."""

    status = 400


class NotAllowed(DashboardError):
    """A request that this person or this page may not make."""

    status = 403


class NotHere(DashboardError):
    """Nothing at this address, or nothing this person may know of."""

    status = 404


class NotSignedIn(DashboardError):
    """A page that needs a sign-in; a browser is sent there."""

    status = 401


class TooLong(DashboardError):
    """A body beyond what any of our forms can fill."""

    status = 413


class TooManyTries(DashboardError):
    """Too much of the same in too short a time."""

    status = 429

    def __init__(self, sentence: str, retry_after_seconds: int) -> None:
        super().__init__(sentence)
        self.retry_after_seconds = retry_after_seconds


def sentence_of(error: Exception) -> str:
    """Write what an error says as a sentence of its own."""
    return f"{str(error)[:1].upper()}{str(error)[1:]}."


def shorten(text: str, most: int = 40) -> str:
    """Cut a text for quoting in a sentence."""
    return text if len(text) <= most else text[: most - 1] + "…"
