"""INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN: a shared field has more values in one place."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.runtime_types import shared_fields
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity


def inconsistent_runtime_types_for_shareable_return(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: whichever subgraph is asked, the object must be one that all of them know."""
    for each in shared_fields(schema):
        if each.common and len(set(each.possible)) > 1:
            yield Diagnostic(
                "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN",
                f"{each.coordinate} is shared, but can be {each.variants()}",
                Severity.HINT,
                each.coordinate,
                each.locations,
                "Return only objects that all of the subgraphs know, or share no longer.",
            )
