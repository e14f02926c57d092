"""INVALID_GRAPHQL: the merged schema breaks a rule of GraphQL that no subgraph breaks alone."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.default_values import parts, visible_defaults
from federation.composition.merged import Merged
from federation.composition.type_references import is_subtype
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.supergraph.model import FieldDefinition, InterfaceType, ObjectType


def invalid_graphql(merged: Merged) -> Iterator[Diagnostic]:
    """A field fits the interface field that it implements, also when subgraphs differ.

    Who implements an interface implements those above it, be it in another subgraph. A default
    value names only what merging kept: inputs intersect.

    Source:
        GraphQL specification, IsValidImplementation.
    """
    for at, value, default in visible_defaults(merged):
        for part, element in parts(value, default, merged):
            if element is None:
                yield Diagnostic(
                    "INVALID_GRAPHQL",
                    f"the default value of {at} uses {part}, which some subgraph lacks",
                    coordinate=at,
                    locations=(*merged.places(at), *merged.places(part)),
                    fix=f"Choose another default value, or define {part} everywhere.",
                )
    for definition in merged.supergraph.composite_types():
        for name in definition.interfaces:
            interface = merged.supergraph.types.get(name)
            if not isinstance(interface, InterfaceType):
                continue
            yield from _left_out(definition, interface, merged)
            for demanded in interface.fields.values():
                own = definition.fields.get(demanded.name)
                for problem in _problems(own, demanded, merged) if own is not None else ():
                    coordinate = Coordinate(definition.name, demanded.name)
                    other = Coordinate(name, demanded.name)
                    yield Diagnostic(
                        "INVALID_GRAPHQL",
                        f"{coordinate} does not implement {other}: {problem}",
                        coordinate=coordinate,
                        locations=(*merged.places(coordinate), *merged.places(other)),
                        fix="Make the types and arguments of both fields agree.",
                    )


def _left_out(
    definition: ObjectType | InterfaceType, interface: InterfaceType, merged: Merged
) -> Iterator[Diagnostic]:
    for above in interface.interfaces:
        if above in definition.interfaces:
            continue
        coordinate, below = Coordinate(definition.name), Coordinate(interface.name)
        yield Diagnostic(
            "INVALID_GRAPHQL",
            f"{coordinate} implements {below} but not {above}, which {below} implements",
            coordinate=coordinate,
            locations=(*merged.places(coordinate), *merged.places(below)),
            fix=f"Let {coordinate} implement {above} too.",
        )


def _problems(own: FieldDefinition, demanded: FieldDefinition, merged: Merged) -> Iterator[str]:
    if not is_subtype(own.type, demanded.type, merged.sources.subtypes):
        yield f"its type {own.type} is no subtype of {demanded.type}"
    given = {argument.name: argument for argument in own.arguments}
    for argument in demanded.arguments:
        known = given.pop(argument.name, None)
        if known is None:
            yield f"it lacks the argument {argument.name}"
        elif known.type != argument.type:
            yield f"its argument {argument.name} is of type {known.type}, not {argument.type}"
    for argument in given.values():
        if argument.type.endswith("!") and argument.default is None:
            yield f"its own argument {argument.name} is mandatory"
