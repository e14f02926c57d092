"""DISALLOWED_INACCESSIBLE: @inaccessible where it could hide nothing."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directive_definitions import EXECUTABLE, requested_directives
from federation.composition.report import places
from federation.composition.sources import LEAF_TYPES, Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import has_directive


def disallowed_inaccessible(schema: Sources) -> Iterator[Diagnostic]:
    """Built-in scalars are always visible, and so are composed directives on the schema itself."""
    for name in sorted(LEAF_TYPES & schema.types.keys()):
        sources = [each for each in schema.types[name] if has_directive(each.type, "inaccessible")]
        if sources:
            yield Diagnostic(
                "DISALLOWED_INACCESSIBLE",
                f"the built-in scalar {name} is inaccessible",
                coordinate=Coordinate(name),
                locations=places(sources),
                fix="Remove @inaccessible.",
            )
    for subgraph in schema.subgraphs:
        requested = set(requested_directives(subgraph))
        for definition in subgraph.directive_definitions:
            if definition.name not in requested or set(definition.locations) <= set(EXECUTABLE):
                continue
            for argument in definition.arguments:
                if has_directive(argument, "inaccessible"):
                    yield Diagnostic(
                        "DISALLOWED_INACCESSIBLE",
                        f"[{subgraph.name}] the argument {argument.name} of @{definition.name} is"
                        " inaccessible, though the directive stands on elements of the schema",
                        locations=(argument.location,),
                        fix="Remove @inaccessible.",
                    )
