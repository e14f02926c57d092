"""MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL: a merged directive on an external declaration."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.specifications import FEDERATION, GRAPHQL

_OWN = frozenset({"external", "requires", "provides", "shareable", "override"})


def merged_directive_application_on_external(schema: Sources) -> Iterator[Diagnostic]:
    """What an external declaration says of the field is not merged, so it would be lost."""
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            for each in sources:
                if not each.is_external or not each.subgraph.is_federation_2:
                    continue
                for directive in each.field.directives:
                    is_merged = directive.specification in (FEDERATION, GRAPHQL)
                    if is_merged and directive.name not in _OWN:
                        yield Diagnostic(
                            "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL",
                            f"[{each.subgraph.name}] @{directive.name} on the external field"
                            f" {type_name}.{name}",
                            coordinate=Coordinate(type_name, name),
                            locations=(directive.location,),
                            fix=f"Put @{directive.name} where the field is resolved.",
                        )
