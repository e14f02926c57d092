"""Grades that requirements raise, written into the supergraph for all its readers."""

from __future__ import annotations

from dataclasses import replace

from federation.coordinate import Coordinate
from federation.supergraph.governance import Facts, Governance
from federation.supergraph.model import (
    AppliedDirective,
    FieldDefinition,
    InterfaceType,
    ObjectType,
    Supergraph,
    TypeDefinition,
)


def raise_grades(supergraph: Supergraph, governance: Governance) -> Supergraph:
    """The supergraph whose fields state the grades that they inherit from what they require."""
    raised = {
        coordinate: each
        for coordinate, each in governance.facts.items()
        if each.level != each.stated_level
    }
    if not raised:
        return supergraph
    types = {name: _raise(each, raised) for name, each in supergraph.types.items()}
    return replace(supergraph, types=types)


def _raise(definition: TypeDefinition, raised: dict[Coordinate, Facts]) -> TypeDefinition:
    if not isinstance(definition, ObjectType | InterfaceType):
        return definition
    fields = {
        name: _restate(field, raised[coordinate])
        if (coordinate := Coordinate(definition.name, name)) in raised
        else field
        for name, field in definition.fields.items()
    }
    return replace(definition, fields=fields)


def _restate(field: FieldDefinition, facts: Facts) -> FieldDefinition:
    kept = [each for each in field.directives if each.name != "classified"]
    arguments = [("level", str(facts.level))]
    own = next((each for each in field.directives if each.name == "classified"), None)
    category = own.argument("category") if own is not None else None
    if category is not None:
        arguments.insert(0, ("category", category))
    kept.append(AppliedDirective("classified", tuple(arguments)))
    return replace(
        field, directives=tuple(sorted(kept, key=lambda each: (each.name, each.arguments)))
    )
