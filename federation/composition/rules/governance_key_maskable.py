"""GOVERNANCE_KEY_MASKABLE: a key that joins departments is data that policies may mask."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.merged import Merged
from federation.composition.report import listed
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.supergraph.governance import Facts, SharingClass
from federation.supergraph.keys import key_fields
from federation.supergraph.model import ObjectType


def governance_key_maskable(merged: Merged) -> Iterator[Diagnostic]:
    """A hint where subgraphs join by a field that is shared conditionally.

    A grant may then show it masked. Joins keep working, since the gateway fetches keys as they are
    and masks them on the way out; but whoever sees masked keys cannot tell entities apart by them
    (unless the mask is `hash`), nor look anybody up. Which masks there are is a matter of policy:
    `datong policy coverage` names them.
    """
    for definition in merged.supergraph.types.values():
        if not isinstance(definition, ObjectType):
            continue
        for field, graphs in key_fields(definition).items():
            coordinate = Coordinate(definition.name, field)
            facts = merged.governance.facts.get(coordinate)
            if facts is None or not _is_conditional(facts) or len(graphs) < 2:
                continue
            yield Diagnostic(
                "GOVERNANCE_KEY_MASKABLE",
                f"{coordinate} is a key by which {listed(sorted(graphs))} join, and policies may"
                " mask it: it still joins, but masked values tell no entities apart",
                Severity.HINT,
                coordinate,
                merged.places(coordinate),
                "Give clients a key that says nothing of its entity, or mask it with hash only.",
            )


def _is_conditional(facts: Facts) -> bool:
    if facts.sharing is None:
        return facts.level is not None and facts.level > 1
    return facts.sharing is SharingClass.CONDITIONAL
