"""Wording and places of composition's findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from federation.composition.sources import FieldSource, TypeSource
from federation.errors import SourceLocation


def places(sources: Iterable[FieldSource | TypeSource]) -> tuple[SourceLocation, ...]:
    """Where each definition stands."""
    return tuple(
        source.field.location
        if isinstance(source, FieldSource)
        else next(iter(source.type.locations), source.subgraph.location())
        for source in sources
    )


def names(sources: Iterable[FieldSource | TypeSource]) -> str:
    """The subgraphs as a list in a sentence: ``a, b and c``."""
    return listed(sorted({source.subgraph.name for source in sources}))


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def variants(pairs: Iterable[tuple[str, str]]) -> str:
    """What each subgraph says, grouped: ``Int in a and b, String in c``.

    Args:
        pairs: Subgraph name and what it says.
    """
    grouped: dict[str, list[str]] = {}
    for subgraph, text in pairs:
        grouped.setdefault(text, []).append(subgraph)
    return ", ".join(f"{text} in {listed(sorted(each))}" for text, each in grouped.items())
