"""Moves from place to place: which sites a field, a down-cast or an entity move leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from federation.planning.naming import Naming
from federation.planning.place import (
    CastStep,
    EntityStep,
    FieldStep,
    Origin,
    Place,
    RootStep,
    Site,
    cheapest,
    undominated,
)
from federation.planning.plan import RepresentationField
from federation.query_graph.model import Kind, Node, QueryGraph, SubgraphField, SubgraphType
from federation.selection import TYPENAME, Field, InlineFragment, SelectionSet
from federation.supergraph.model import named_type

_MAX_DEPTH = 16
"""Nested requirements deeper than this count as unreachable; bounds hostile schemas."""


class Needed:
    """What a representation holds and the sites it is read from."""

    def __init__(self) -> None:
        self.fields: list[RepresentationField] = []
        self.sites: list[Site] = []

    @property
    def footprint(self) -> int:
        """All requests that the needs cost together."""
        footprint = 0
        for site in self.sites:
            footprint |= site.footprint
        return footprint

    def add(self, other: Needed) -> None:
        """Take over all fields and sites of another."""
        self.fields += other.fields
        self.sites += other.sites


@dataclass(frozen=True, slots=True)
class Way:
    """A way to enter a subgraph: as which type, by which key, with what gathered from where.

    Attributes:
        base: The site whose objects are sent.
    """

    graph: str
    target: SubgraphType
    key: str
    base: Site
    needed: Needed


class Moves:
    """Finds sites; remembers what it found per place."""

    def __init__(self, graph: QueryGraph) -> None:
        self.graph = graph
        self.naming = Naming()
        self._signatures: dict[tuple[str, str], str] = {}
        self._requiring: set[tuple[int, str, str]] = set()
        self._depth = 0

    # Places

    def root(self, type_name: str, graphs: tuple[str, ...]) -> Place:
        """The place of a root type that can be read in the given subgraphs."""
        types = frozenset((type_name,))
        sites = tuple(
            Site(RootStep(graph), None, Node(graph, type_name), 1, self._request(1, graph), types)
            for graph in graphs
        )
        return Place((), type_name, types, sites)

    def child(self, place: Place, selected: Field, sites: tuple[Site, ...]) -> Place:
        """The place of a composite field's value."""
        type_text = self.graph.field_types[place.type][selected.name]
        path = (*place.path, selected.response_key, *("@" for _ in range(type_text.count("["))))
        type_name = named_type(type_text)
        return Place(
            path,
            type_name,
            self._types_over(type_name, sites),
            sites,
            Origin(place, selected),
        )

    def cast(self, place: Place, type_name: str) -> Place:
        """The part of an abstract place whose objects are of one runtime type."""
        known = place.casts.get(type_name)
        if known is None:
            known = Place(
                (*place.path, f"|{type_name}"),
                type_name,
                frozenset((type_name,)),
                tuple(self._cast_sites(place, type_name)),
                base=place,
            )
            place.casts[type_name] = known
        return known

    def widen(self, place: Place) -> bool:
        """Add the ways that lead through entity moves of the parent; says whether any were new.

        A value without a usable key is reached again through its nearest ancestor entity.
        """
        if place.is_widened:
            return False
        place.is_widened = True
        before = len(place.sites)
        if place.base is not None:
            self.widen(place.base)
            place.sites = tuple(self._cast_sites(place.base, place.type))
        elif place.origin is not None:
            parent, selected = place.origin.parent, place.origin.selected
            self.widen(parent)
            found = (
                *self._direct_sites(parent, selected),
                *self._entered_sites(parent, selected),
            )
            place.sites = _one_per_node((*place.sites, *found))
            place.types = self._types_over(place.type, place.sites)
        place.entered.clear()
        place.casts.clear()
        place.closure = None
        return len(place.sites) > before

    def _types_over(self, type_name: str, sites: tuple[Site, ...]) -> frozenset[str]:
        types = frozenset[str]().union(*(site.types for site in sites))
        return types & self.graph.possible_types[type_name]

    # Fields

    def signature(self, type_name: str, field_name: str) -> str:
        """The types a field has anywhere; what differs in it may not share a response key."""
        key = (type_name, field_name)
        if key not in self._signatures:
            texts = {self.graph.field_types.get(type_name, {}).get(field_name, "")}
            for graph in self.graph.resolvers.get(key, ()):
                held = self.graph.types[graph].get(type_name)
                if held is not None:
                    texts.add(held.fields[field_name].type)
            self._signatures[key] = " ".join(sorted(texts))
        return self._signatures[key]

    def selected(self, place: Place, field: Field) -> Field:
        """The field as it is asked of subgraphs at a place: its tree key as alias."""
        key = self.naming.key(
            place.path,
            field.name,
            field.arguments,
            field.response_key,
            self.signature(place.type, field.name),
        )
        alias = key if key != field.name else None
        return Field(field.name, alias, field.arguments, (), field.conditions)

    def field_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        """Every way to have a field of a concrete object, cheapest kind of move first.

        Fields readable where the object already is are never fetched by an entity move instead:
        that could only cost more requests.
        """
        for _ in range(2):
            found = self._direct_sites(place, selected) or self._entered_sites(place, selected)
            if found:
                return _one_per_node(found)
            if not self.widen(place):
                break
        return ()

    def shared_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        """Ways to have a field of an abstract place for all its runtime types at once."""
        found = []
        for site in place.sites:
            field = self.graph.shared_field_move(site.here, selected.name)
            if field is not None and site.types >= place.types:
                found.append(self._advance(site, field, selected))
        return tuple(found)

    def shared_entered_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        """The same by entity moves of an interface with a key."""
        found = []
        for graph in self.graph.resolvers.get((place.type, selected.name), ()):
            for site in self.enter(place, graph, selected.name):
                field = self.graph.type_at(site.here).fields.get(selected.name)
                if field is not None and not field.external:
                    found.append(self._advance(site, field, selected))
        return _one_per_node(tuple(found))

    def typename_sites(self, place: Place) -> tuple[Site, ...]:
        """Ways to learn that objects are there and of which type they are."""
        telling = [site for site in place.sites if not self._is_interface_object(site)]
        if not telling:
            telling = list(self._real_interfaces(place))
        if not telling and not self.graph.is_abstract(place.type):
            telling = list(place.sites)
        return tuple(
            Site(FieldStep(TYPENAME), site, None, site.stage, site.footprint, steps=site.steps + 1)
            for site in telling
        )

    def _direct_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        found = []
        for site in place.sites:
            field = self.graph.field_move(site.here, selected.name)
            if field is not None and not field.requires:
                found.append(self._advance(site, field, selected))
        return tuple(found)

    def _entered_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        found = []
        for graph in self.graph.resolvers.get((place.type, selected.name), ()):
            for site in self.enter(place, graph, selected.name):
                field = self.graph.field_move(site.here, selected.name)
                if field is not None:
                    found.append(self._advance(site, field, selected))
        return tuple(found)

    def _advance(self, site: Site, field: SubgraphField, selected: Field) -> Site:
        if not self.graph.is_composite(field.named_type):
            return Site(
                FieldStep(selected), site, None, site.stage, site.footprint, steps=site.steps + 1
            )
        node = self.graph.target(site.here, field)
        return Site(
            FieldStep(selected),
            site,
            node,
            site.stage,
            site.footprint,
            self.graph.type_at(node).possible_types,
            site.steps + 1,
        )

    # Down-casts

    def _cast_sites(self, place: Place, type_name: str) -> Iterator[Site]:
        telling = tuple(site for site in place.sites if not self._is_interface_object(site))
        for site in telling or tuple(self._real_interfaces(place)):
            if type_name in site.types:
                yield self._cast_site(site, type_name)
        for site in place.sites:
            if self._is_interface_object(site):
                # The subgraph cannot tell its objects apart: all are asked there, and another
                # subgraph tells which of them are meant.
                typename = cheapest(self.typename_sites(place), site.footprint)
                if typename is not None:
                    yield Site(
                        CastStep(None, (typename,)),
                        site,
                        site.here,
                        max(site.stage, typename.stage),
                        site.footprint | typename.footprint,
                        frozenset((type_name,)),
                        site.steps + 1,
                    )

    def _cast_site(self, site: Site, type_name: str) -> Site:
        if self.graph.type_at(site.here).kind is Kind.OBJECT:
            return site
        return Site(
            CastStep(type_name),
            site,
            self.graph.down_cast(site.here, type_name),
            site.stage,
            site.footprint,
            frozenset((type_name,)),
            site.steps + 1,
        )

    def _is_interface_object(self, site: Site) -> bool:
        return self.graph.type_at(site.here).kind is Kind.INTERFACE_OBJECT

    def _real_interfaces(self, place: Place) -> Iterator[Site]:
        """Entity moves from interface objects to where the interface knows its implementers."""
        for graph in self.graph.graphs:
            held = self.graph.types[graph].get(place.type)
            if held is not None and held.kind is Kind.INTERFACE and held.keys:
                yield from self.enter(place, graph)

    # Entity moves

    def enter(self, place: Place, graph: str, field_name: str = "") -> tuple[Site, ...]:
        """Ways to enter a subgraph with the objects of a place.

        Args:
            field_name: The field wanted there; its requirements are put into the representation.
        """
        requires = self._requires_of(place, graph, field_name)
        memo = (graph, field_name if requires else "")
        if memo in place.entered:
            return place.entered[memo]
        if memo[1] and (id(place), *memo) in self._requiring:
            return ()
        self._requiring.add((id(place), *memo))
        try:
            sites = self._enter(place, graph, requires)
        finally:
            self._requiring.discard((id(place), *memo))
        place.entered[memo] = sites
        return sites

    def _requires_of(self, place: Place, graph: str, field_name: str) -> SelectionSet:
        for target in self.graph.entity_targets(place.type, graph):
            field = target.fields.get(field_name)
            if field is not None and field.requires:
                return field.requires
        return ()

    def _enter(self, place: Place, graph: str, requires: SelectionSet) -> tuple[Site, ...]:
        if place.type == self.graph.roots.get("query"):
            # At the root itself every subgraph is a site already.
            return tuple(self._enter_root(place, graph)) if place.path else ()
        extra = Needed()
        if requires:
            found = self.resolve(place, requires)
            if found is None:
                return ()
            extra = found
        ways = list(self._keyed_ways(place, graph))
        if not ways:
            ways = [way for way in self._closure_ways(place) if way.graph == graph]
        return undominated(self._entity_site(place, way, extra) for way in ways)

    def _enter_root(self, place: Place, graph: str) -> Iterator[Site]:
        for base in place.sites:
            proof = Site(FieldStep(TYPENAME), base, None, base.stage, base.footprint)
            stage = base.stage + 1
            yield Site(
                RootStep(graph, place.path, (proof,)),
                None,
                Node(graph, place.type),
                stage,
                base.footprint | self._request(stage, graph),
                frozenset((place.type,)),
                base.steps + 1,
            )

    def _keyed_ways(self, place: Place, graph: str) -> Iterator[Way]:
        """Entries whose whole key is read at one site of the place."""
        for target in self.graph.entity_targets(place.type, graph):
            for key in target.keys:
                for base in place.sites:
                    needed = self._read_at(base, place.path, place.type, key.selections)
                    if needed is not None:
                        yield Way(graph, target, key.text, base, needed)

    def _closure_ways(self, place: Place) -> list[Way]:
        """Entries whose keys are gathered on the way, subgraph after subgraph.

        Each round enters what the keys known so far allow, so every subgraph is found at its
        earliest stage and no cycle of keys can arise.
        """
        ways: list[Way] = []
        known = list(place.sites)
        reached: set[str] = set()
        while True:
            fresh = [
                Way(graph, target, key.text, known[0], needed)
                for graph in self.graph.graphs
                if graph not in reached
                for target in self.graph.entity_targets(place.type, graph)
                for key in target.keys
                if (needed := self._gather(known, place, key.selections)) is not None
            ]
            if not fresh:
                return ways
            ways += fresh
            for way in fresh:
                reached.add(way.graph)
                known.append(self._entity_site(place, way, Needed()))

    def _entity_site(self, place: Place, way: Way, extra: Needed) -> Site:
        needs = (*way.needed.sites, *extra.sites)
        stage = 1 + max(site.stage for site in needs)
        footprint = self._request(stage, way.graph)
        for site in needs:
            footprint |= site.footprint
        target = way.target
        is_typed = target.kind is Kind.INTERFACE and not self._is_interface_object(way.base)
        return Site(
            EntityStep(
                way.graph,
                place.path,
                None if is_typed else target.name,
                target.name,
                way.key,
                tuple(dict.fromkeys((*way.needed.fields, *extra.fields))),
                needs,
            ),
            None,
            Node(way.graph, target.name),
            stage,
            footprint,
            target.possible_types,
            way.base.steps + len(needs),
        )

    def _request(self, stage: int, graph: str) -> int:
        return 1 << (stage * len(self.graph.graphs) + self.graph.positions[graph])

    # Needs

    def _read_at(
        self, base: Site, path: tuple[str, ...], type_name: str, selections: SelectionSet
    ) -> Needed | None:
        """A field set read entirely in the subgraph of one site; None when it cannot be."""
        needed = Needed()
        held = self.graph.type_at(base.here)
        for selection in selections:
            if not isinstance(selection, Field):
                return None
            field = self.graph.shared_field_move(base.here, selection.name)
            if field is None:
                return None
            # An interface object knows the interface's fields, under the interface's types.
            owner = type_name if selection.name in self.graph.field_types[type_name] else held.name
            selected = self._needed_field(path, owner, selection)
            site = self._advance(base, field, selected)
            inner = Needed()
            if selection.selections:
                type_text = self.graph.field_types[owner][selection.name]
                below = (*path, selected.response_key, *("@" for _ in range(type_text.count("["))))
                found = self._read_at(site, below, named_type(type_text), selection.selections)
                if found is None:
                    return None
                inner = found
            needed.fields.append(
                RepresentationField(selection.name, selected.response_key, tuple(inner.fields))
            )
            needed.sites += inner.sites or [site]
        return needed

    def _gather(self, known: list[Site], place: Place, selections: SelectionSet) -> Needed | None:
        """A field set read at several known sites of one object."""
        needed = Needed()
        for selection in selections:
            options = [
                option
                for base in known
                if (option := self._read_at(base, place.path, place.type, (selection,)))
            ]
            if not options:
                nested = self._gather_below(known, place, selection)
                if nested is None:
                    return None
                options = [nested]
            needed.add(
                min(
                    options,
                    key=lambda option: (
                        max(site.stage for site in option.sites),
                        (option.footprint | needed.footprint).bit_count(),
                    ),
                )
            )
        return needed

    def _gather_below(
        self, known: list[Site], place: Place, selection: Field | InlineFragment
    ) -> Needed | None:
        """A composite key field whose own fields have to be sought elsewhere."""
        if isinstance(selection, InlineFragment) or not selection.selections:
            return None
        selected = self._needed_field(place.path, place.type, selection)
        here = Place(place.path, place.type, place.types, tuple(known))
        sites = self._direct_sites(here, selected)
        if not sites:
            return None
        return self._resolve_below(here, selected, selection, sites)

    def resolve(self, place: Place, selections: SelectionSet) -> Needed | None:
        """A field set gathered by whatever moves it takes; None when some field is out of reach."""
        if self._depth >= _MAX_DEPTH:
            return None
        self._depth += 1
        try:
            needed = Needed()
            for selection in selections:
                found = self._resolve_one(place, selection, needed.footprint)
                if found is None:
                    return None
                needed.add(found)
            return needed
        finally:
            self._depth -= 1

    def _resolve_one(
        self, place: Place, selection: Field | InlineFragment, running: int
    ) -> Needed | None:
        if isinstance(selection, InlineFragment):
            condition = selection.type_condition or place.type
            return self._resolve_cast(
                place, selection.selections, self.graph.possible_types[condition] & place.types
            )
        if selection.name == "__typename":
            return self._resolve_typename(place)
        selected = self._needed_field(place.path, place.type, selection)
        if not self.graph.is_abstract(place.type):
            sites = self.field_sites(place, selected)
        else:
            sites = self.shared_sites(place, selected)
            if not sites:
                return self._resolve_cast(place, (selection,), place.types)
        if not sites:
            return None
        if selection.selections:
            return self._resolve_below(place, selected, selection, sites)
        site = cheapest(sites, running)
        assert site is not None, "there are sites"
        needed = Needed()
        needed.fields.append(RepresentationField(selection.name, selected.response_key))
        needed.sites.append(site)
        return needed

    def _resolve_below(
        self, place: Place, selected: Field, selection: Field, sites: tuple[Site, ...]
    ) -> Needed | None:
        child = self.child(place, selected, sites)
        inner = self.resolve(child, selection.selections)
        if inner is None:
            return None
        if self.graph.is_abstract(child.type):
            typename = self._resolve_typename(child)
            if typename is None:
                return None
            inner.add(typename)
        needed = Needed()
        needed.fields.append(
            RepresentationField(
                selection.name, selected.response_key, tuple(dict.fromkeys(inner.fields))
            )
        )
        needed.sites = inner.sites
        return needed

    def _resolve_typename(self, place: Place) -> Needed | None:
        site = cheapest(self.typename_sites(place))
        if site is None:
            return None
        needed = Needed()
        needed.fields.append(RepresentationField("__typename", "__typename"))
        needed.sites.append(site)
        return needed

    def _resolve_cast(
        self, place: Place, selections: SelectionSet, types: frozenset[str]
    ) -> Needed | None:
        if not self.graph.is_abstract(place.type):
            return self.resolve(place, selections) if place.type in types else Needed()
        needed = Needed()
        for type_name in sorted(types):
            found = self.resolve(self.cast(place, type_name), selections)
            if found is None:
                return None
            needed.sites += found.sites
            needed.fields += [
                RepresentationField(field.name, field.source, field.fields, frozenset((type_name,)))
                for field in found.fields
            ]
        return needed

    def _needed_field(self, path: tuple[str, ...], type_name: str, field: Field) -> Field:
        key = self.naming.key(
            path, field.name, field.arguments, field.name, self.signature(type_name, field.name)
        )
        return Field(field.name, key if key != field.name else None, field.arguments)


def _one_per_node(sites: tuple[Site, ...]) -> tuple[Site, ...]:
    """Undominated sites of each node: another subgraph's site is never a substitute."""
    groups: dict[Node | None, list[Site]] = {}
    for site in dict.fromkeys(sites):
        groups.setdefault(site.node, []).append(site)
    return tuple(kept for group in groups.values() for kept in undominated(group))
