"""How many subscriptions are open, in this process and for each caller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from federation.gateway.streams.payload import SubscriptionsExhausted, TooManySubscriptions


class Slots:
    """Places for open subscriptions."""

    def __init__(self, capacity: int, capacity_per_caller: int) -> None:
        self._capacity = capacity
        self._capacity_per_caller = capacity_per_caller
        self._open: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """Subscriptions that are open."""
        return self._open.total()

    def check(self, caller: str) -> None:
        """Whether this caller may open another one.

        Raises:
            TooManySubscriptions: The caller has too many.
            SubscriptionsExhausted: The process has too many.
        """
        if self._open[caller] >= self._capacity_per_caller:
            raise TooManySubscriptions(
                f"at most {self._capacity_per_caller} subscriptions of one caller may be open"
            )
        if self.open >= self._capacity:
            raise SubscriptionsExhausted("too many subscriptions are open; try again later")

    @contextmanager
    def hold(self, caller: str) -> Iterator[None]:
        """One place, while the context lasts.

        Raises:
            TooManySubscriptions: As ``check``.
            SubscriptionsExhausted: As ``check``.
        """
        self.check(caller)
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            self._open += Counter()  # forgets callers without any
