"""Governance metadata: what departments say of their data, as the merged schema holds it.

Own statements come first, then those of the type. A field that ``@requires`` others is graded at
least like the highest of them, unless each department whose input is graded higher agreed by
``@derivation``. A lower grade without that agreement does not count.

Source:
    DESIGN.md, section 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from graphql import parse_value, value_from_ast_untyped

from federation.coordinate import Coordinate, read_coordinate
from federation.field_set import read_field_set
from federation.selection import Field as SelectedField
from federation.selection import SelectionSet
from federation.supergraph.facts import (
    Derivation,
    Facts,
    Filter,
    FilterUse,
    Governance,
    SharingClass,
)
from federation.supergraph.levels import raise_levels
from federation.supergraph.model import (
    AppliedDirective,
    EnumType,
    FieldDefinition,
    InputObjectType,
    InterfaceType,
    JoinField,
    ObjectType,
    Supergraph,
    TypeDefinition,
    UnionType,
    named_type,
)

HIGHEST_LEVEL: Final = 6

__all__ = [
    "Derivation",
    "Facts",
    "Filter",
    "FilterUse",
    "Governance",
    "SharingClass",
    "read_governance",
]


def read_governance(supergraph: Supergraph) -> Governance:
    """The governance metadata of a supergraph, inheritance and requirements applied."""
    facts: dict[Coordinate, Facts] = {}
    filters: dict[Coordinate, tuple[Filter, ...]] = {}
    derivations: list[Derivation] = []
    subjects: dict[str, str] = {}
    regions: dict[str, str] = {}
    for definition in supergraph.types.values():
        own = _state(Coordinate(definition.name), definition.directives, None)
        own = replace(own, owners=_type_owners(definition))
        derivations += _read_derivations(own.coordinate, definition.directives)
        for coordinate, directives in _inputs(definition):
            found = tuple(_read_filters(directives))
            if found:
                filters[coordinate] = found
        if isinstance(definition, InputObjectType):
            continue
        facts[own.coordinate] = own
        if not isinstance(definition, ObjectType | InterfaceType):
            continue
        subject = _data_subject(definition, supergraph)
        if subject is not None:
            subjects[definition.name] = subject
        for field in definition.fields.values():
            coordinate = Coordinate(definition.name, field.name)
            facts[coordinate] = _field_facts(coordinate, field, definition, own, supergraph)
            derivations += _read_derivations(coordinate, field.directives)
        region = _marked(definition, "regionCode")
        if len(region) == 1:
            regions[definition.name] = region[0]
    facts = _with_interface_objects(facts, supergraph)
    agreed = tuple(derivations)
    return Governance(raise_levels(facts, agreed), filters, subjects, regions, agreed)


def _find(directives: tuple[AppliedDirective, ...], name: str) -> AppliedDirective | None:
    return next((each for each in directives if each.name == name), None)


@lru_cache(maxsize=8192)
def _literal(text: str) -> object:
    return value_from_ast_untyped(parse_value(text))


def _value(directive: AppliedDirective | None, name: str) -> object:
    text = directive.argument(name) if directive is not None else None
    return None if text is None else _literal(text)


def _text(directive: AppliedDirective | None, name: str) -> str | None:
    value = _value(directive, name)
    return value if isinstance(value, str) else None


def _coordinate(directive: AppliedDirective, name: str) -> Coordinate | None:
    """The coordinate in an argument; None when it is none, which composition reports."""
    try:
        return read_coordinate(_text(directive, name) or "")
    except ValueError:
        return None


def _level(directive: AppliedDirective | None) -> int | None:
    if directive is None:
        return None
    value = _value(directive, "level")
    return value if isinstance(value, int) else HIGHEST_LEVEL


def _state(
    coordinate: Coordinate, directives: tuple[AppliedDirective, ...], parent: Facts | None
) -> Facts:
    """What is stated of an element; where it states nothing, its type's grade and sharing."""
    classified = _find(directives, "classified")
    sharing = _find(directives, "sharing")
    catalogued = _find(directives, "catalogued")
    level, category = _level(classified), _text(classified, "category")
    share, condition = _share(sharing), _text(sharing, "condition")
    basis = _text(sharing, "legalBasis")
    if parent is not None and classified is None:
        level, category = parent.level, parent.category
    if parent is not None and sharing is None:
        share, condition, basis = parent.sharing, parent.condition, parent.legal_basis
    return Facts(
        coordinate=coordinate,
        level=level,
        stated_level=level,
        category=category,
        sharing=share,
        condition=condition,
        legal_basis=basis,
        title=_text(catalogued, "title"),
        code=_text(catalogued, "code"),
        updates=_text(catalogued, "updates"),
        theme=_text(catalogued, "theme"),
        source_of_record=_text(_find(directives, "sourceOfRecord"), "subgraph"),
        derived_from=tuple(
            type_name
            for each in directives
            if each.name == "derivedFrom" and (type_name := _text(each, "type"))
        ),
    )


def _share(sharing: AppliedDirective | None) -> SharingClass | None:
    if sharing is None:
        return None
    value = _value(sharing, "class")
    return SharingClass(value) if value in SharingClass.__members__ else SharingClass.NOT_SHARED


def _field_facts(
    coordinate: Coordinate,
    field: FieldDefinition,
    parent: ObjectType | InterfaceType,
    own: Facts,
    supergraph: Supergraph,
) -> Facts:
    stated = _state(coordinate, field.directives, own)
    owners = _field_owners(field, own)
    # A department is the source of record of its own fields of a type, not of what others add.
    inherited = own.source_of_record if own.source_of_record in owners else None
    return replace(
        stated,
        owners=owners,
        source_of_record=stated.source_of_record or inherited,
        derived_from=stated.derived_from or _counted_type(field, parent, supergraph),
        requires=tuple(
            dict.fromkeys(
                each
                for join in field.joins
                if join.requires is not None
                for each in _coordinates(read_field_set(join.requires), parent.name, supergraph)
            )
        ),
    )


def _type_owners(definition: TypeDefinition) -> tuple[str, ...]:
    """Subgraphs that define the type, other than by keys that cannot be entered."""
    return tuple(
        sorted(
            {join.graph for join in definition.joins if join.resolvable}
            or {join.graph for join in definition.joins}
        )
    )


def _field_owners(field: FieldDefinition, own: Facts) -> tuple[str, ...]:
    if not field.joins:
        return own.owners
    resolving = {
        join.graph
        for join in field.joins
        if join.graph is not None and not join.external and not join.used_overridden
    }
    return tuple(sorted(resolving & set(own.owners) or resolving))


def _counted_type(
    field: FieldDefinition, parent: ObjectType | InterfaceType, supergraph: Supergraph
) -> tuple[str, ...]:
    """A connection's total count is over the rows that its edges hold."""
    if field.name != "totalCount" or "edges" not in parent.fields:
        return ()
    edge = supergraph.types.get(named_type(parent.fields["edges"].type))
    if isinstance(edge, ObjectType) and "node" in edge.fields:
        return (named_type(edge.fields["node"].type),)
    return ()


def _coordinates(
    selections: SelectionSet, type_name: str, supergraph: Supergraph
) -> Iterator[Coordinate]:
    """Fields that a field set names, those of implementers included."""
    definition = supergraph.types.get(type_name)
    for selection in selections:
        if not isinstance(selection, SelectedField):
            inner = selection.type_condition or type_name
            yield from _coordinates(selection.selections, inner, supergraph)
        elif isinstance(definition, ObjectType | InterfaceType):
            field = definition.fields.get(selection.name)
            if field is None:
                continue
            yield Coordinate(type_name, field.name)
            if isinstance(definition, InterfaceType):
                for each in supergraph.composite_types():
                    if type_name in each.interfaces and field.name in each.fields:
                        yield Coordinate(each.name, field.name)
            yield from _coordinates(selection.selections, named_type(field.type), supergraph)


def _inputs(
    definition: TypeDefinition,
) -> Iterator[tuple[Coordinate, tuple[AppliedDirective, ...]]]:
    if isinstance(definition, ObjectType | InterfaceType):
        for field in definition.fields.values():
            for argument in field.arguments:
                yield Coordinate(definition.name, field.name, argument.name), argument.directives
    elif isinstance(definition, InputObjectType):
        for value in definition.fields.values():
            yield Coordinate(definition.name, value.name), value.directives
    elif isinstance(definition, EnumType):
        for each in definition.values:
            yield Coordinate(definition.name, each.name), each.directives


def _read_filters(directives: tuple[AppliedDirective, ...]) -> Iterator[Filter]:
    for each in directives:
        field = _coordinate(each, "field")
        if each.name == "filters" and field is not None:
            use = FilterUse.SORT if _value(each, "use") == "SORT" else FilterUse.FILTER
            yield Filter(field, use)


def _read_derivations(
    source: Coordinate, directives: tuple[AppliedDirective, ...]
) -> Iterator[Derivation]:
    for each in directives:
        of, level = _coordinate(each, "of"), _value(each, "level")
        by, subgraph = _text(each, "by"), _text(each, "subgraph")
        # Without the consenting subgraph's name, anybody might have written it.
        if each.name == "derivation" and of and by and subgraph and isinstance(level, int):
            yield Derivation(source, subgraph, of, by, level)


def _marked(definition: ObjectType | InterfaceType, directive: str) -> tuple[str, ...]:
    """Fields with a directive; of several, in supergraphs of others, none is known to be meant."""
    fields = definition.fields.values()
    return tuple(each.name for each in fields if _find(each.directives, directive) is not None)


def _data_subject(definition: ObjectType | InterfaceType, supergraph: Supergraph) -> str | None:
    found = set(_marked(definition, "dataSubject"))
    if _find(definition.directives, "dataSubject") is not None:
        keys = (read_field_set(join.key) for join in definition.joins if join.key is not None)
        first = (next((e for e in key if isinstance(e, SelectedField)), None) for key in keys)
        found |= {each.name for each in first if each is not None}
    name = found.pop() if len(found) == 1 else ""
    field = definition.fields.get(name)
    return name if field is not None and _is_value_of_row(field, supergraph) else None


def _is_value_of_row(field: FieldDefinition, supergraph: Supergraph) -> bool:
    """Whether it is one plain value, there without arguments and without other fields."""
    returned = supergraph.types.get(named_type(field.type))
    return not (
        field.type.startswith("[")
        or isinstance(returned, ObjectType | InterfaceType | UnionType)
        or any(each.type.endswith("!") and each.default is None for each in field.arguments)
        or any(join.requires or join.context_arguments for join in field.joins)
    )


def _with_interface_objects(
    facts: Mapping[Coordinate, Facts], supergraph: Supergraph
) -> dict[Coordinate, Facts]:
    """Fields added by interface objects belong to the interface's owners and take its grade."""
    completed = dict(facts)
    for definition in supergraph.types.values():
        if not isinstance(definition, ObjectType):
            continue
        for field in definition.fields.values():
            if field.joins != (JoinField(),):
                continue
            coordinate = Coordinate(definition.name, field.name)
            for interface in definition.interfaces:
                added = facts.get(Coordinate(interface, field.name))
                if added is not None:
                    completed[coordinate] = _stricter(facts[coordinate], added)
    return completed


def _stricter(own: Facts, other: Facts) -> Facts:
    """``own`` with the owners of ``other`` and the stricter statements of both."""
    order = list(SharingClass)
    level = max((each for each in (own.level, other.level) if each is not None), default=None)
    chosen = max(
        (own, other), key=lambda each: -1 if each.sharing is None else order.index(each.sharing)
    )
    return replace(
        own,
        owners=other.owners,
        level=level,
        stated_level=level,
        sharing=chosen.sharing,
        condition=chosen.condition,
        legal_basis=chosen.legal_basis,
        requires=other.requires,
    )
