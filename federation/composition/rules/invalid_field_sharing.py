"""INVALID_FIELD_SHARING: several subgraphs resolve a field that is not shareable."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    resolving,
)
from federation.composition.overrides import read_overrides
from federation.composition.report import names, places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind


def invalid_field_sharing(schema: Sources) -> Iterator[Diagnostic]:
    """A field of an object is resolved by one subgraph, or marked shareable in all that do.

    Key fields are shareable by themselves. A subgraph that loses the field by ``@override`` does
    not count, nor does one where the type is an interface object.
    """
    for type_name in schema.types:
        if schema.kind(type_name) is not Kind.OBJECT:
            continue
        for name, sources in schema.fields(type_name).items():
            overrides = read_overrides(sources, schema)
            definitions = [
                each for each in resolving(sources) if each.subgraph.name not in overrides.losing
            ]
            unshared = [
                each
                for each in definitions
                if not each.is_shareable and not schema.is_key_field(each)
            ]
            if len(definitions) > 1 and unshared:
                yield Diagnostic(
                    "INVALID_FIELD_SHARING",
                    f"{type_name}.{name} is resolved by {names(definitions)}, but not shareable in"
                    f" {names(unshared)}",
                    coordinate=Coordinate(type_name, name),
                    locations=places(definitions),
                    fix="Mark the field @shareable in all of them if they return the same value;"
                    " otherwise take it over by @override or rename it.",
                )
