"""How far a trail has been looked through, for whoever waits for it."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from sqlalchemy import Connection

from federation.audit import Register
from federation.gateway.audit.tables import read_head

Told: TypeAlias = Callable[[int, int], None]
"""Takes how many records were looked through, and of how many."""


def tell_nobody(_done: int, _total: int) -> None:
    """Where nobody looks on."""


class Progress:
    """How far chains have been looked through; to count their entries would take as long.

    Args:
        spans: Numbers of the entries of each chain, as its ends have them.
        told: Called whenever there is something new.
    """

    def __init__(self, spans: Mapping[str, range], told: Told) -> None:
        self.spans = spans
        self._told = told
        self._total = sum(map(len, spans.values()))
        self._reached = {chain: span.start for chain, span in spans.items()}
        self._done = 0

    def reach(self, chain: str, number: int) -> None:
        """All entries of a chain up to a number were looked through, and may be once more."""
        span = self.spans.get(chain, range(0))
        behind = min(number + 1, span.stop)
        more = behind - self._reached.get(chain, behind)
        if more > 0:
            self._reached[chain] = behind
            self._done += more
            self._told(self._done, self._total)

    def end(self, chain: str) -> None:
        """A chain was looked through to its end."""
        self.reach(chain, self.spans.get(chain, range(0)).stop)


def read_spans(
    connection: Connection, chains: Iterable[str], register: Register
) -> dict[str, range]:
    """The numbers of each chain's entries, were none missing but those that were pruned."""
    spans = {}
    for chain in chains:
        pruned = register.prunings.get(chain)
        start = pruned.sequence + 1 if pruned is not None else 1
        spans[chain] = range(start, max(read_head(connection, chain).sequence + 1, start))
    return spans
