"""EXTERNAL_ARGUMENT_MISSING: an external declaration lacks an argument."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    resolving,
)
from federation.composition.report import listed, names, places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic


def external_argument_missing(schema: Sources) -> Iterator[Diagnostic]:
    """An external declaration names the arguments of the field."""
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            definitions = resolving(sources)
            common = [
                argument.name
                for argument in (definitions[0].field.arguments if definitions else ())
                if all(each.field.argument(argument.name) for each in definitions)
            ]
            for each in sources:
                lacking = [one for one in common if each.field.argument(one) is None]
                if each.is_external and lacking:
                    yield Diagnostic(
                        "EXTERNAL_ARGUMENT_MISSING",
                        f"{type_name}.{name} is external in {each.subgraph.name} without"
                        f" {listed(lacking)}, which it has in {names(definitions)}",
                        coordinate=Coordinate(type_name, name),
                        locations=places((each, *definitions)),
                        fix="Declare the arguments as the resolving subgraph does.",
                    )
