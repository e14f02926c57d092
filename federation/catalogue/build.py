"""The catalogue of a supergraph, from its governance directives.

A field inherits what it does not say from the interface fields it implements, then from its type.
A field computed from others (``@requires``) is graded like the strictest of them, unless the source
department agreed to a lower grade by ``@derivation``. What nobody graded stays ungraded, except the
plumbing of a schema: root fields that only lead to objects, connections and their edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from federation.catalogue.directives import GovernanceDirectives, governance_directives
from federation.catalogue.model import UNGRADED, Catalogue, Entry, Grade, Item, SharingClass
from federation.catalogue.requirements import TypeField, concrete_types, direct_requirements
from federation.coordinate import Coordinate
from federation.supergraph.model import (
    AppliedDirective,
    FieldDefinition,
    InputObjectType,
    InputValue,
    InterfaceType,
    JoinField,
    ObjectType,
    Supergraph,
    named_type,
)

OPEN = Grade(level=1, sharing=SharingClass.UNCONDITIONAL)
CHANGES = Grade(level=2, sharing=SharingClass.CONDITIONAL)

PAGING = frozenset({"first", "last", "after", "before"})
_CONNECTION = frozenset({"edges", "nodes", "pageInfo", "totalCount"})
_EDGE = frozenset({"node", "cursor"})
_PAGE_INFO = frozenset({"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"})


def build_catalogue(supergraph: Supergraph) -> Catalogue:
    """The catalogue of every object type, grades in effect."""
    builder = _Builder(supergraph)
    entries = {
        definition.name: builder.entry(definition)
        for definition in supergraph.types.values()
        if isinstance(definition, ObjectType)
    }
    graded = _raise_by_requirements(entries, direct_requirements(supergraph), builder.agreements())
    return Catalogue(builder.with_arguments(graded))


def stricter(one: Grade, other: Grade) -> Grade:
    """Level and sharing of the stricter on each count; ungraded is the strictest."""
    if one.level is None or one.sharing is None or other.level is None or other.sharing is None:
        return UNGRADED
    words = one if one.sharing >= other.sharing else other
    return Grade(
        level=max(one.level, other.level),
        sharing=words.sharing,
        category=(one if one.level >= other.level else other).category,
        condition=words.condition,
        legal_basis=words.legal_basis,
    )


class _Builder:
    def __init__(self, supergraph: Supergraph) -> None:
        self.supergraph = supergraph
        self.read: GovernanceDirectives = governance_directives(supergraph)
        self.concrete = concrete_types(supergraph)
        self.roots = {name: kind for kind, name in supergraph.roots.items()}

    def entry(self, definition: ObjectType) -> Entry:
        items = {
            field.name: self.item(definition, field)
            for field in sorted(definition.fields.values(), key=lambda field: field.name)
        }
        return Entry(
            name=definition.name,
            owners=tuple(sorted({join.graph for join in definition.joins})),
            grade=_complete(self.grade(definition.directives)),
            items=items,
            subject=self.marked(definition, "dataSubject"),
            region=self.marked(definition, "regionCode"),
            description=definition.description,
            **self.words(definition.directives),
        )

    def item(self, parent: ObjectType, field: FieldDefinition) -> Item:
        grade = self.inherited(parent, field)
        structural = self.structural(parent, field) if grade.level is None else None
        return Item(
            coordinate=Coordinate(parent.name, field.name),
            type=field.type,
            owners=resolvers(self.supergraph, parent, field),
            grade=structural or _complete(grade),
            derived_from=self.derived_from(parent, field),
            structural=structural is not None,
            description=field.description,
            **self.words(field.directives),
        )

    def grade(self, directives: Iterable[AppliedDirective]) -> Grade:
        classified = self.read.first(directives, "classified") or {}
        sharing = self.read.first(directives, "sharing") or {}
        return Grade(
            level=classified.get("level"),
            sharing=SharingClass[sharing["class"]] if sharing else None,
            category=classified.get("category"),
            condition=sharing.get("condition"),
            legal_basis=sharing.get("legalBasis"),
        )

    def inherited(self, parent: ObjectType, field: FieldDefinition) -> Grade:
        interfaces = [
            interface
            for name in parent.interfaces
            if isinstance(interface := self.supergraph.types.get(name), InterfaceType)
            and field.name in interface.fields
        ]
        grade = UNGRADED
        for directives in (
            [field.directives, *(i.fields[field.name].directives for i in interfaces)],
            [parent.directives],
            [interface.directives for interface in interfaces],
        ):
            grade = _fill(grade, map(self.grade, directives))
        return grade

    def structural(self, parent: ObjectType, field: FieldDefinition) -> Grade | None:
        kind = self.roots.get(parent.name)
        if kind == "mutation":
            return CHANGES
        if kind is not None:
            return OPEN if named_type(field.type) in self.concrete else None
        plumbing = {
            "Connection": _CONNECTION,
            "Edge": _EDGE,
            "PageInfo": _PAGE_INFO,
        }
        for suffix, names in plumbing.items():
            if parent.name.endswith(suffix) and field.name in names:
                return OPEN
        return None

    def derived_from(self, parent: ObjectType, field: FieldDefinition) -> tuple[str, ...]:
        named = {
            str(arguments["type"])
            for directives in (parent.directives, field.directives)
            for arguments in self.read.applied(directives, "derivedFrom")
        }
        # What is known of a connection besides its rows (count, page) is derived from those rows.
        edges = parent.fields.get("edges") if parent.name.endswith("Connection") else None
        edge = self.supergraph.types.get(named_type(edges.type)) if edges else None
        if isinstance(edge, ObjectType) and "node" in edge.fields and field.name != "edges":
            named.add(named_type(edge.fields["node"].type))
        return tuple(sorted(t for name in named for t in self.concrete.get(name, ())))

    def marked(self, definition: ObjectType, directive: str) -> str | None:
        for field in definition.fields.values():
            if self.read.first(field.directives, directive) is not None:
                return field.name
        return None

    def words(self, directives: Iterable[AppliedDirective]) -> dict[str, Any]:
        catalogued = self.read.first(directives, "catalogued") or {}
        words = {name: catalogued.get(name) for name in ("title", "code", "updates", "theme")}
        return {
            **words,
            "source_of_record": self.read.first(directives, "sourceOfRecord") is not None,
        }

    def agreements(self) -> dict[TypeField, int]:
        """Derived fields to the lowest grade that source departments agreed to."""
        agreed: dict[TypeField, int] = {}
        for definition in self.supergraph.composite_types():
            places = [definition.directives, *(f.directives for f in definition.fields.values())]
            for directives in places:
                for arguments in self.read.applied(directives, "derivation"):
                    type_name, _, field = str(arguments["of"]).partition(".")
                    key = (type_name, field)
                    agreed[key] = max(agreed.get(key, 0), int(arguments["level"]))
        return agreed

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
            selected = self.concrete.get(named_type(field.type), ())
            for argument in field.arguments:
                if not selected or argument.name in PAGING or self.explained(argument):
                    continue
                grade = OPEN
                for type_name in selected:
                    for item in entries[type_name].items.values():
                        grade = stricter(grade, item.grade)
                yield (
                    f"{field.name}({argument.name}:)",
                    Item(
                        coordinate=Coordinate(entry.name, field.name, argument.name),
                        type=argument.type,
                        owners=entry.items[field.name].owners,
                        grade=grade,
                        description=argument.description,
                    ),
                )

    def explained(self, argument: InputValue) -> bool:
        if self.read.first(argument.directives, "filters") is not None:
            return True
        definition = self.supergraph.types.get(named_type(argument.type))
        return isinstance(definition, InputObjectType) and all(
            self.read.first(field.directives, "filters") is not None
            for field in definition.fields.values()
        )


def resolvers(
    supergraph: Supergraph, parent: ObjectType, field: FieldDefinition
) -> tuple[str, ...]:
    """Subgraphs that answer a field by themselves, sorted; for a field that an interface object adds
    to its implementers, the subgraphs of that interface object.
    """
    if not field.joins:
        return tuple(sorted({join.graph for join in parent.joins}))
    own = {join.graph for join in field.joins if join.graph and _answers(join)}
    for name in parent.interfaces:
        interface = supergraph.types.get(name)
        if isinstance(interface, InterfaceType) and field.name in interface.fields:
            joins = interface.fields[field.name].joins
            named = {join.graph for join in joins if join.graph and _answers(join)}
            own |= {
                join.graph
                for join in interface.joins
                if join.is_interface_object and (not joins or join.graph in named)
            }
    return tuple(sorted(own))


def _answers(join: JoinField) -> bool:
    return not join.external and not join.used_overridden


def _fill(grade: Grade, candidates: Iterable[Grade]) -> Grade:
    """What ``grade`` leaves open, filled with the strictest of the candidates."""
    known = list(candidates)
    if grade.level is None:
        strictest = max(
            (g for g in known if g.level is not None), key=lambda g: g.level or 0, default=None
        )
        if strictest is not None:
            grade = replace(grade, level=strictest.level, category=strictest.category)
    if grade.sharing is None:
        shared = max(
            (g for g in known if g.sharing is not None), key=lambda g: g.sharing or 0, default=None
        )
        if shared is not None:
            grade = replace(
                grade,
                sharing=shared.sharing,
                condition=shared.condition,
                legal_basis=shared.legal_basis,
            )
    return grade


def _complete(grade: Grade) -> Grade:
    """A level without a sharing class shares level 1 freely and anything above conditionally."""
    if grade.level is None:
        return UNGRADED
    if grade.sharing is not None:
        return grade
    open_level = grade.level <= 1
    return replace(
        grade, sharing=SharingClass.UNCONDITIONAL if open_level else SharingClass.CONDITIONAL
    )


def _raise_by_requirements(
    entries: Mapping[str, Entry],
    requirements: Mapping[TypeField, frozenset[TypeField]],
    agreements: Mapping[TypeField, int],
) -> dict[str, Entry]:
    raised: dict[TypeField, Item] = {}
    open_keys: set[TypeField] = set()

    def effective(key: TypeField) -> Item:
        if key in raised:
            return raised[key]
        item = entries[key[0]].items[key[1]]
        # Requirements in a circle grade each other by what they say themselves.
        if key not in requirements or key in open_keys:
            return item
        open_keys.add(key)
        grade = item.grade
        agreed = agreements.get(key)
        if agreed is not None:
            if grade.level is not None:
                grade = replace(grade, level=max(grade.level, agreed))
        else:
            for required in sorted(requirements[key]):
                grade = stricter(grade, effective(required).grade)
        open_keys.discard(key)
        raised[key] = replace(item, grade=grade, agreed=agreed is not None)
        return raised[key]

    return {
        name: replace(entry, items={field: effective((name, field)) for field in entry.items})
        for name, entry in entries.items()
    }
