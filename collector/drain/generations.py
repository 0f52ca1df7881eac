"""Memory that forgets by itself: values live at least a given time after they were last put in.

In: keys and values, and now and then what time it is. Out: a value, or None. It keeps a few generations and drops the
oldest as a whole: no value carries a time, nothing is ever searched for what is old. However late `turn` is called,
it drops one generation at most: after an hour in which the store was away, all is remembered that was before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Generations(Generic[Value]):
    """A mapping from ints. `most` bounds a generation: a flood shortens memory instead of filling it."""

    def __init__(self, seconds: float, *, count: int = 2, most: int = 2_000_000) -> None:
        self._span = seconds / (count - 1)
        self._most = most
        self._kept: list[dict[int, Value]] = [{} for _ in range(count)]
        self._since: float | None = None

    def get(self, key: int) -> Value | None:
        for generation in self._kept:
            value = generation.get(key)
            if value is not None:
                return value
        return None

    def claim(self, key: int, value: Value) -> bool:
        """Put a value where there is none; whether there was none."""
        for generation in self._kept:
            if key in generation:
                return False
        self._kept[0][key] = value
        return True

    def claim_all(self, keys: Sequence[int], value: Value) -> list[int]:
        """Claim one after the other; return the places of the keys that had a value. Cheap where none had."""
        fresh = dict.fromkeys(keys, value)
        if len(fresh) == len(keys) and all(kept.keys().isdisjoint(fresh.keys()) for kept in self._kept):
            self._kept[0].update(fresh)
            return []
        return [at for at, key in enumerate(keys) if not self.claim(key, value)]

    def put(self, key: int, value: Value) -> None:
        self._kept[0][key] = value

    def drop(self, key: int) -> None:
        """Forget one value now."""
        for generation in self._kept:
            generation.pop(key, None)

    def turn(self, now: float) -> None:
        """Start a new generation if it is time to. `now` is in seconds, of a clock that never goes back."""
        if self._since is None:
            self._since = now
        if now - self._since >= self._span or len(self._kept[0]) >= self._most:
            self._kept = [{}, *self._kept[:-1]]
            self._since = now

    def __len__(self) -> int:
        return sum(map(len, self._kept))
