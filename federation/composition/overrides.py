"""``@override``: which subgraphs lost a field, and whether they still need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation.composition.sources import FieldSource, Sources
from federation.subgraph.model import find_directive


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the overrides of one field do.

    Attributes:
        removed: Subgraphs that lost the field and never speak of it.
        used: Subgraphs that lost it but need it as a key, a requirement or for an interface.
        labelled: Subgraphs that lose it for some requests only.
    """

    removed: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    labelled: frozenset[str] = frozenset()

    @property
    def losing(self) -> frozenset[str]:
        """All subgraphs that lose the field, be it for some requests."""
        return self.removed | self.used | self.labelled


def read_overrides(sources: Sequence[FieldSource], schema: Sources) -> Overrides:
    """What the overrides among one field's definitions do.

    A labelled override takes the field from nobody: each request decides.
    """
    by_name = {each.subgraph.name: each for each in sources}
    overriding = {
        each.subgraph.name: directive
        for each in sources
        if (directive := find_directive(each.field, "override")) is not None
    }
    removed: set[str] = set()
    used: set[str] = set()
    labelled: set[str] = set()
    for directive in overriding.values():
        loser = by_name.get(directive.text("from") or "")
        if loser is None or loser.subgraph.name in overriding or loser.is_external:
            continue
        name = loser.subgraph.name
        label = directive.text("label")
        if label is not None:
            labelled.add(name)
        if (loser.type.name, loser.field.name) in schema.used_fields[name]:
            used.add(name)
        elif label is None:
            removed.add(name)
    return Overrides(frozenset(removed), frozenset(used), frozenset(labelled))
