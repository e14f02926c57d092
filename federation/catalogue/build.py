"""The catalogue of a supergraph, from its governance metadata.

Governance says what departments stated; the catalogue adds what follows. An object's field is never
held less closely than the interface fields it implements. Sharing, like the grade, is as strict as
that of required inputs, unless their departments agreed. What nobody graded stays ungraded, except
the plumbing of a schema: root fields that only lead to objects, connections and their edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from federation.catalogue.demands import demands_of
from federation.catalogue.model import UNGRADED, Catalogue, Entry, Grade, Item
from federation.catalogue.requirements import concrete_types
from federation.coordinate import Coordinate
from federation.supergraph.governance import Facts, Governance, SharingClass, read_governance
from federation.supergraph.keys import key_fields
from federation.supergraph.model import (
    FieldDefinition,
    InputObjectType,
    InputValue,
    InterfaceType,
    ObjectType,
    Supergraph,
    named_type,
)
from federation.supergraph.paging import turns_pages

OPEN = Grade(level=1, sharing=SharingClass.UNCONDITIONAL)
CHANGES = Grade(level=2, sharing=SharingClass.CONDITIONAL)

_PLUMBING = {
    "Connection": frozenset({"edges", "nodes", "pageInfo", "totalCount"}),
    "Edge": frozenset({"node", "cursor"}),
    "PageInfo": frozenset({"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"}),
}
_PLUMBING_LEAVES = frozenset({"totalCount", "cursor", *_PLUMBING["PageInfo"]})
_STRICTNESS = list(SharingClass)


def build_catalogue(supergraph: Supergraph) -> Catalogue:
    """The catalogue of every object type, grades in effect."""
    builder = _Builder(supergraph, read_governance(supergraph))
    objects = [each for each in supergraph.types.values() if isinstance(each, ObjectType)]
    entries = {definition.name: builder.entry(definition) for definition in objects}
    entries = builder.with_shared_inputs(entries)
    return Catalogue(builder.with_arguments(entries))


def stricter(one: Grade, other: Grade) -> Grade:
    """Level and sharing of the stricter on each count; ungraded is the strictest."""
    if one.level is None or other.level is None:
        return UNGRADED
    higher = one if one.level >= other.level else other
    return _share_like(replace(one, level=higher.level, category=higher.category), other)


def _share_like(grade: Grade, other: Grade) -> Grade:
    if grade.sharing is None or other.sharing is None:
        return UNGRADED
    if _STRICTNESS.index(other.sharing) <= _STRICTNESS.index(grade.sharing):
        return grade
    return replace(
        grade, sharing=other.sharing, condition=other.condition, legal_basis=other.legal_basis
    )


class _Builder:
    def __init__(self, supergraph: Supergraph, governance: Governance) -> None:
        self.supergraph = supergraph
        self.governance = governance
        self.concrete = concrete_types(supergraph)
        self.roots = {name: kind for kind, name in supergraph.roots.items()}

    def entry(self, definition: ObjectType) -> Entry:
        facts = self.governance.facts[Coordinate(definition.name)]
        return Entry(
            name=definition.name,
            owners=facts.owners,
            grade=_grade(facts),
            items={
                field.name: self.item(definition, field)
                for field in sorted(definition.fields.values(), key=lambda field: field.name)
            },
            subject=self.governance.data_subjects.get(definition.name),
            region=self.governance.region_codes.get(definition.name),
            keys=tuple(key_fields(definition)),
            description=definition.description,
            **_words(facts),
        )

    def item(self, parent: ObjectType, field: FieldDefinition) -> Item:
        facts = self.governance.facts[Coordinate(parent.name, field.name)]
        grade = self.grade(parent, facts)
        structural = self.structural(parent, field) if grade.level is None else None
        return Item(
            coordinate=facts.coordinate,
            type=field.type,
            owners=facts.owners,
            grade=structural or grade,
            agreed=tuple(str(each) for each in facts.requires if self.agreed(facts, each)),
            derived_from=self.derived_from(parent, facts),
            demands=demands_of(self.supergraph, parent, field),
            structural=structural is not None,
            description=field.description,
            **_words(facts),
        )

    def grade(self, parent: ObjectType, facts: Facts) -> Grade:
        grade = _grade(facts)
        for name in parent.interfaces:
            of_interface = self.governance.facts.get(Coordinate(name, facts.coordinate.field))
            if of_interface is not None and of_interface.level is not None:
                other = _grade(of_interface)
                grade = other if grade.level is None else stricter(grade, other)
        return grade

    def structural(self, parent: ObjectType, field: FieldDefinition) -> Grade | None:
        kind = self.roots.get(parent.name)
        if kind == "mutation":
            return CHANGES
        if kind is not None:
            return OPEN if named_type(field.type) in self.concrete else None
        named = (names for suffix, names in _PLUMBING.items() if parent.name.endswith(suffix))
        # A leaf of such a name in a type of such a name may hold data all the same.
        leads = named_type(field.type) in self.concrete or field.name in _PLUMBING_LEAVES
        return OPEN if leads and any(field.name in names for names in named) else None

    def agreed(self, derived: Facts, source: Coordinate) -> bool:
        """Whether every department that owns the source agreed to the derived field."""
        owners = self.governance.facts[source].owners
        agreeing = {
            each.subgraph
            for each in self.governance.derivations
            if each.of == derived.coordinate
            and each.by in derived.owners
            and each.source in (source, Coordinate(source.type))
        }
        return bool(owners) and agreeing.issuperset(owners)

    def derived_from(self, parent: ObjectType, facts: Facts) -> tuple[str, ...]:
        of_type = self.governance.facts[Coordinate(parent.name)].derived_from
        named = {*facts.derived_from, *of_type}
        return tuple(sorted({t for name in named for t in self.concrete.get(name, ())}))

    def with_shared_inputs(self, entries: Mapping[str, Entry]) -> dict[str, Entry]:
        """Sharing as strict as that of inputs whose departments did not agree, at any distance."""
        items = {item.coordinate: item for e in entries.values() for item in e.items.values()}
        changed = True
        while changed:
            changed = False
            for coordinate, item in items.items():
                grade = item.grade
                for source in self.governance.facts[coordinate].requires:
                    if source in items and str(source) not in item.agreed:
                        grade = _share_like(grade, items[source].grade)
                if grade != item.grade:
                    items[coordinate] = replace(item, grade=grade)
                    changed = True
        return {
            name: replace(
                entry, items={field: items[Coordinate(name, field)] for field in entry.items}
            )
            for name, entry in entries.items()
        }

    def with_arguments(self, entries: Mapping[str, Entry]) -> dict[str, Entry]:
        return {
            name: replace(entry, items={**entry.items, **dict(self.arguments(entry, entries))})
            for name, entry in sorted(entries.items())
        }

    def arguments(self, entry: Entry, entries: Mapping[str, Entry]) -> Iterator[tuple[str, Item]]:
        """Arguments that no ``@filters`` explains, as strict as what they could test."""
        definition = self.supergraph.types[entry.name]
        assert isinstance(definition, ObjectType), "entries are made of object types"
        if self.roots.get(entry.name) == "mutation":
            return
        for field in definition.fields.values():
            selected = self.selected(named_type(field.type)) or entry.items[field.name].derived_from
            for argument in field.arguments:
                coordinate = Coordinate(entry.name, field.name, argument.name)
                if (
                    not selected
                    or turns_pages(self.supergraph, field, argument)
                    or self.explained(coordinate, argument)
                ):
                    continue
                grade = OPEN
                for type_name in selected:
                    for item in entries[type_name].items.values():
                        grade = stricter(grade, item.grade)
                yield (
                    f"{field.name}({argument.name}:)",
                    Item(
                        coordinate=coordinate,
                        type=argument.type,
                        owners=entry.items[field.name].owners,
                        grade=grade,
                        description=argument.description,
                    ),
                )

    def selected(self, type_name: str) -> tuple[str, ...]:
        """Object types whose rows a field of this type selects; of a connection, its nodes."""
        definition = self.supergraph.types.get(type_name)
        if isinstance(definition, ObjectType) and type_name.endswith("Connection"):
            facts = self.governance.facts.get(Coordinate(type_name, "totalCount"))
            nodes = facts.derived_from if facts else ()
            return tuple(sorted({t for name in nodes for t in self.concrete.get(name, ())}))
        return self.concrete.get(type_name, ())

    def explained(self, coordinate: Coordinate, argument: InputValue) -> bool:
        filters = self.governance.filters
        if coordinate in filters:
            return True
        definition = self.supergraph.types.get(named_type(argument.type))
        return isinstance(definition, InputObjectType) and all(
            Coordinate(definition.name, name) in filters for name in definition.fields
        )


def _grade(facts: Facts) -> Grade:
    """A level without a sharing class shares level 1 freely and anything above conditionally."""
    if facts.level is None:
        return UNGRADED
    by_level = SharingClass.UNCONDITIONAL if facts.level <= 1 else SharingClass.CONDITIONAL
    return Grade(
        level=facts.level,
        sharing=facts.sharing or by_level,
        category=facts.category,
        condition=facts.condition,
        legal_basis=facts.legal_basis,
    )


def _words(facts: Facts) -> dict[str, Any]:
    return {
        "title": facts.title,
        "code": facts.code,
        "updates": facts.updates,
        "theme": facts.theme,
        "source_of_record": facts.source_of_record,
    }


def resolvers(
    supergraph: Supergraph, parent: ObjectType, field: FieldDefinition
) -> tuple[str, ...]:
    """Subgraphs that answer a field by themselves, sorted.

    A field that an interface object adds to its implementers is answered by the subgraphs of that
    interface object.
    """
    if not field.joins:
        return tuple(sorted({join.graph for join in parent.joins}))
    own = _answering(field)
    for name in parent.interfaces:
        interface = supergraph.types.get(name)
        if isinstance(interface, InterfaceType) and field.name in interface.fields:
            definition = interface.fields[field.name]
            own |= {
                join.graph
                for join in interface.joins
                if join.is_interface_object
                and (not definition.joins or join.graph in _answering(definition))
            }
    return tuple(sorted(own))


def _answering(field: FieldDefinition) -> set[str]:
    return {
        join.graph
        for join in field.joins
        if join.graph and not join.external and not join.used_overridden
    }
