"""Which fields of a type identify its entities, and to whom."""

from __future__ import annotations

from collections.abc import Mapping

from federation.field_set import read_field_set
from federation.selection import Field
from federation.supergraph.model import ObjectType


def key_fields(definition: ObjectType) -> Mapping[str, frozenset[str]]:
    """Leaf fields that are keys by themselves or parts of one, with the subgraphs that say so."""
    found: dict[str, set[str]] = {}
    for join in definition.joins:
        for selected in read_field_set(join.key) if join.key else ():
            if isinstance(selected, Field) and not selected.selections:
                found.setdefault(selected.name, set()).add(join.graph)
    return {name: frozenset(found[name]) for name in sorted(found)}
