"""Merging named types, one function per kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from federation.composition.directives import (
    ComposedDirectives,
    merge_description,
    merge_directives,
)
from federation.composition.fields import merge_fields, merge_input_value
from federation.composition.sources import Sources, TypeSource
from federation.subgraph.model import (
    EnumValue as SubgraphEnumValue,
)
from federation.subgraph.model import InputValue as SubgraphInputValue
from federation.subgraph.model import Kind, Subgraph, has_directive
from federation.supergraph.model import (
    EnumType,
    EnumValue,
    FieldDefinition,
    InputObjectType,
    InputValue,
    InterfaceType,
    JoinField,
    JoinType,
    ObjectType,
    ScalarType,
    TypeDefinition,
    UnionType,
)


def merge_types(schema: Sources, composed: ComposedDirectives) -> dict[str, TypeDefinition]:
    """Every merged type, by name, sorted. Types left without any field are dropped."""
    merged: dict[str, TypeDefinition] = {}
    for name in schema.types:
        definition = _merge_type(name, schema, composed)
        if not isinstance(definition, ObjectType | InterfaceType) or definition.fields:
            merged[name] = definition
    return merged | dict(_implementing_interface_objects(merged, schema))


def _merge_type(name: str, schema: Sources, composed: ComposedDirectives) -> TypeDefinition:
    sources = schema.types[name]
    elements = [(each.subgraph, each.type) for each in sources]
    description = merge_description(elements)
    directives = merge_directives(elements, composed)
    joins = tuple(join for source in sources for join in _joins(source))
    kind = schema.kind(name)
    if kind is Kind.SCALAR:
        return ScalarType(name, description, directives, joins)
    if kind is Kind.ENUM:
        values = merge_enum_values(name, schema, composed)
        return EnumType(name, values, description, directives, joins)
    if kind is Kind.UNION:
        members = dict.fromkeys(member for each in sources for member in each.type.members)
        pairs = tuple(
            (each.subgraph.name, member)
            for member in members
            for each in sources
            if member in each.type.members
        )
        return UnionType(name, pairs, description, directives, joins)
    if kind is Kind.INPUT_OBJECT:
        fields = merge_input_fields(name, schema, composed)
        return InputObjectType(name, fields, description, directives, joins)
    implements = tuple(
        (each.subgraph.name, interface) for each in sources for interface in each.type.interfaces
    )
    composite = ObjectType if kind is Kind.OBJECT else InterfaceType
    return composite(
        name=name,
        fields=merge_fields(name, schema, composed),
        interfaces=tuple(dict.fromkeys(interface for _, interface in implements)),
        description=description,
        directives=directives,
        joins=joins,
        implements=implements,
    )


def _joins(source: TypeSource) -> list[JoinType]:
    is_interface_object = source.type.is_interface_object
    keys = [
        JoinType(
            graph=source.subgraph.name,
            key=key.text("fields"),
            # In federation 1 extending is the normal way to refer, and says nothing of this kind.
            extension=has_directive(source.type, "extends")
            or (source.subgraph.is_federation_2 and key.on_extension),
            resolvable=key.argument("resolvable") is not False,
            is_interface_object=is_interface_object,
        )
        for key in source.type.keys
    ]
    plain = JoinType(source.subgraph.name, is_interface_object=is_interface_object)
    return list(dict.fromkeys(keys)) or [plain]


def merge_enum_values(
    name: str, schema: Sources, composed: ComposedDirectives
) -> tuple[EnumValue, ...]:
    """The values of an enum: of all subgraphs for output, common to all where it is taken as input.

    An inaccessible value stays whatever the use, since no client can give it.
    """
    sources = schema.types[name]
    found: dict[str, list[tuple[Subgraph, SubgraphEnumValue]]] = {}
    for source in sources:
        for value in source.type.values.values():
            found.setdefault(value.name, []).append((source.subgraph, value))
    merged: list[EnumValue] = []
    for value_name, elements in found.items():
        directives = merge_directives(elements, composed)
        is_hidden = any(each.name == "inaccessible" for each in directives)
        if name in schema.input_uses and len(elements) < len(sources) and not is_hidden:
            continue
        merged.append(
            EnumValue(
                name=value_name,
                description=merge_description(elements),
                directives=directives,
                graphs=tuple(subgraph.name for subgraph, _ in elements),
            )
        )
    return tuple(merged)


def merge_input_fields(
    name: str, schema: Sources, composed: ComposedDirectives
) -> dict[str, InputValue]:
    """Input fields that every subgraph with the type knows, and inaccessible ones."""
    sources = schema.types[name]
    found: dict[str, list[tuple[Subgraph, SubgraphInputValue]]] = {}
    for source in sources:
        for value in source.type.input_fields.values():
            found.setdefault(value.name, []).append((source.subgraph, value))
    merged: dict[str, InputValue] = {}
    for field_name, elements in found.items():
        is_uniform = len({value.type for _, value in elements}) == 1
        joins = tuple(
            JoinField(subgraph.name, type=None if is_uniform else value.type)
            for subgraph, value in elements
        )
        is_everywhere = len(elements) == len(sources)
        field = merge_input_value(
            elements, schema.subtypes, composed, () if is_uniform and is_everywhere else joins
        )
        if is_everywhere or any(each.name == "inaccessible" for each in field.directives):
            merged[field_name] = field
    return merged


def _implementing_interface_objects(
    merged: Mapping[str, TypeDefinition], schema: Sources
) -> dict[str, TypeDefinition]:
    """Implementers completed by the fields that interface objects add to their interfaces.

    Such a field is resolved by no subgraph that knows the implementer, which an empty
    ``@join__field`` says.
    """
    completed: dict[str, TypeDefinition] = {}
    for name, definition in merged.items():
        if not isinstance(definition, ObjectType):
            continue
        missing: dict[str, FieldDefinition] = {}
        for interface_name in definition.interfaces:
            interface = merged.get(interface_name)
            if not isinstance(interface, InterfaceType):
                continue
            for field in interface.fields.values():
                if field.name in definition.fields or field.name in missing:
                    continue
                if _is_added_by_interface_object(interface_name, field.name, schema):
                    missing[field.name] = replace(field, joins=(JoinField(),))
        if missing:
            completed[name] = replace(definition, fields={**definition.fields, **missing})
    return completed


def _is_added_by_interface_object(interface: str, field: str, schema: Sources) -> bool:
    return any(
        each.type.is_interface_object and not each.is_external
        for each in schema.fields(interface).get(field, ())
    )
