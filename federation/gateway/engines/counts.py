"""What policy engines did, in numbers."""

from dataclasses import dataclass


@dataclass(slots=True)
class EngineCounts:
    """Counters of one gateway process; they only grow.

    Attributes:
        decided: Questions answered by an engine.
        unavailable: Questions without an answer: everything asked was denied.
        undecided: Uses that an answer left out or got wrong: denied, apart from real denials.
        cached: Questions answered from the cache.
    """

    decided: int = 0
    unavailable: int = 0
    undecided: int = 0
    cached: int = 0
