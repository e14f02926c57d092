"""Walking arguments and input fields of all subgraphs side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from federation.composition.directive_definitions import kept_executable_definitions
from federation.composition.report import variants
from federation.composition.sources import FieldSource, Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity, SourceLocation
from federation.subgraph.model import InputValue, Kind, Subgraph, has_directive


@dataclass(frozen=True, slots=True)
class InputSources:
    """One argument or input field in the subgraphs that know it.

    Attributes:
        missing: Definitions of the field or input type that lack it.
    """

    coordinate: Coordinate
    values: tuple[tuple[Subgraph, InputValue], ...]
    missing: tuple[tuple[Subgraph, SourceLocation], ...] = ()

    @property
    def locations(self) -> tuple[SourceLocation, ...]:
        """Where it is defined."""
        return tuple(value.location for _, value in self.values)

    def type_variants(self) -> str:
        """Its type in each subgraph, as words."""
        return variants((subgraph.name, value.type) for subgraph, value in self.values)

    def default_conflict(self, code: str) -> Iterator[Diagnostic]:
        """A finding when two subgraphs give different default values."""
        given = [
            (subgraph.name, value.default)
            for subgraph, value in self.values
            if value.default is not None
        ]
        if len({default for _, default in given}) > 1:
            yield Diagnostic(
                code,
                f"{self.coordinate} has different default values: {variants(given)}",
                Severity.ERROR,
                self.coordinate,
                self.locations,
                "Give the same default value everywhere, or none.",
            )


def resolving(sources: tuple[FieldSource, ...]) -> tuple[FieldSource, ...]:
    """The definitions that resolve the field."""
    return tuple(each for each in sources if not each.is_external)


def arguments(schema: Sources) -> tuple[InputSources, ...]:
    """Every argument of fields of objects and interfaces, and of executable directives.

    External definitions are left out, and directives that the supergraph does not keep.
    """
    return schema.remember("arguments", lambda: tuple(_arguments(schema)))


def _arguments(schema: Sources) -> Iterator[InputSources]:
    for type_name in schema.types:
        for field_name, sources in schema.fields(type_name).items():
            definitions = resolving(sources)
            for name in dict.fromkeys(
                argument.name for each in definitions for argument in each.field.arguments
            ):
                found = [(each, each.field.argument(name)) for each in definitions]
                yield InputSources(
                    Coordinate(type_name, field_name, name),
                    tuple((each.subgraph, value) for each, value in found if value is not None),
                    tuple(
                        (each.subgraph, each.field.location)
                        for each, value in found
                        if value is None
                    ),
                )

    yield from directive_arguments(schema)


def directive_arguments(schema: Sources) -> Iterator[InputSources]:
    """Every argument of the executable directives that the supergraph keeps."""
    by_name = {each.name: each for each in schema.subgraphs}
    for name, defined in kept_executable_definitions(schema.subgraphs).items():
        definitions = [(by_name[subgraph], each) for subgraph, each in defined.items()]
        for argument in dict.fromkeys(
            one.name for _, each in definitions for one in each.arguments
        ):
            found = [(subgraph, each, each.argument(argument)) for subgraph, each in definitions]
            yield InputSources(
                Coordinate(f"@{name}", None, argument),
                tuple((subgraph, value) for subgraph, _, value in found if value is not None),
                tuple(
                    (subgraph, each.location) for subgraph, each, value in found if value is None
                ),
            )


def input_fields(schema: Sources) -> tuple[InputSources, ...]:
    """Every field of every input type."""
    return schema.remember("input fields", lambda: tuple(_input_fields(schema)))


def _input_fields(schema: Sources) -> Iterator[InputSources]:
    for type_name, sources in schema.types.items():
        if schema.kind(type_name) is not Kind.INPUT_OBJECT:
            continue
        for name in dict.fromkeys(name for each in sources for name in each.type.input_fields):
            yield InputSources(
                Coordinate(type_name, name),
                tuple(
                    (each.subgraph, each.type.input_fields[name])
                    for each in sources
                    if name in each.type.input_fields
                ),
                tuple(
                    (each.subgraph, location)
                    for each in sources
                    if name not in each.type.input_fields
                    for location in each.type.locations[:1]
                ),
            )


def is_contextual(sources: InputSources) -> bool:
    """Whether some subgraph takes the argument from a context."""
    return any(has_directive(value, "fromContext") for _, value in sources.values)


def external_declarations(
    argument: InputSources, schema: Sources
) -> Iterator[tuple[Subgraph, InputValue]]:
    """The argument as subgraphs declare it that only mention its field."""
    name = argument.coordinate
    for source in schema.fields(name.type).get(name.field or "", ()):
        declared = source.field.argument(name.argument or "")
        if source.is_external and declared is not None:
            yield source.subgraph, declared
