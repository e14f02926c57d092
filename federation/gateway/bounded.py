"""A mapping that forgets what was not used for longest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """At most ``capacity`` values; the least recently read one goes first.

    Attributes:
        weight: Of all values together, as they were weighed when they were put here.
    """

    def __init__(self, capacity: int, max_weight: int | None = None) -> None:
        """Empty.

        Args:
            capacity: Number of values.
            max_weight: Of all together; one that is heavier by itself is not kept.
        """
        self.weight = 0
        self._capacity = capacity
        self._max_weight = max_weight
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._weights: dict[Key, int] = {}

    def get(self, key: Key) -> Value | None:
        """The value kept for ``key``."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def peek(self, key: Key) -> Value | None:
        """The value kept for ``key``, which does not count as a use; other threads may ask too."""
        return self._values.get(key)

    def put(self, key: Key, value: Value, weight: int = 0) -> Value:
        """Keeps and returns ``value``."""
        self._values[key] = value
        self._values.move_to_end(key)
        if self._max_weight is not None:
            self.weight += weight - self._weights.get(key, 0)
            self._weights[key] = weight
            while self.weight > self._max_weight:
                self._forget_oldest()
        if len(self._values) > self._capacity:
            self._forget_oldest()
        return value

    def clear(self) -> None:
        """Forgets everything."""
        self._values.clear()
        self._weights.clear()
        self.weight = 0

    def _forget_oldest(self) -> None:
        key, _ = self._values.popitem(last=False)
        self.weight -= self._weights.pop(key, 0)

    def __len__(self) -> int:
        return len(self._values)
