"""What can go wrong in the registry: a small tree, each error one sentence a person can act on.

The front door prints the sentence, the dashboard shows it; nobody parses it. `NotAllowed` means what was typed cannot
be (a usage error); `NotThere`, `AlreadyThere` and `WrongState` mean the answer is no (all four are `Denied`);
`RegistryAway` and `SaltsRefused` name a setting to change. No sentence carries a password, a key, or the part of a
database address that holds one.
"""

from __future__ import annotations


class RegistryError(Exception):
    """Something the registry cannot do; `str(error)` is the sentence."""


class Denied(RegistryError):
    """The registry is well, and the answer is no."""


class NotAllowed(Denied):
    """What was given cannot be: a malformed host, an unknown key, a value outside the list."""


class NotThere(Denied):
    """What was named is not known here."""


class AlreadyThere(Denied):
    """What was to be added is here already."""


class WrongState(Denied):
    """The thing exists, but not in a state that allows this."""


class RegistryAway(RegistryError):
    """The database cannot be opened, reached or written to: the world's fault, or a setting's."""


class SaltsRefused(RegistryError):
    """The place named for the salts cannot keep them as promised (it persists, it is open to others, it is away)."""
