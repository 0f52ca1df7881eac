"""Recent: answers that were found lately, in a table that cannot grow.

In: a key and its answer. Out: the answer, as long as it is among the latest. Two generations: when the young one is
full, it becomes the old one, and the old one is forgotten; what is asked for again is young again. A look costs one
look into a dict, where an `lru_cache` also rearranges its list.
Invariant: at most twice `size` answers, in memory only.
"""

from __future__ import annotations

from typing import Generic, TypeVar

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class Recent(Generic[Key, Answer]):
    """The table. Safe to share between threads: two of them may find the same answer twice, no more."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._young: dict[Key, Answer] = {}
        self._old: dict[Key, Answer] = {}

    def get(self, key: Key) -> Answer | None:
        """Return the answer, or None when it is not remembered."""
        answer = self._young.get(key)
        if answer is None:
            answer = self._old.get(key)
            if answer is not None:
                self.put(key, answer)
        return answer

    def put(self, key: Key, answer: Answer) -> None:
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[key] = answer

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
