"""Moves from place to place: which sites a field or a down-cast leads to.

Entity moves are in ``entering``; what they must send, in ``needs``.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from federation.planning.entering import Entering
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
from federation.planning.plan import UNRELEASED, ResponsePath
from federation.query_graph.model import Kind, Node, QueryGraph, SubgraphField
from federation.selection import TYPENAME, Argument, Field, SelectionSet, without_deferrals
from federation.supergraph.contexts import ContextArgument

_STAGES_FAVOURED = 8
"""Later than this, a requirement is gathered wherever it is cheapest by itself."""


class Moves:
    """Finds sites; remembers what it found per place."""

    def __init__(self, graph: QueryGraph, most_needs: int) -> None:
        self.graph = graph
        self.naming = Naming()
        self.entering = Entering(self, most_needs)
        self._signatures: dict[tuple[str, str], str] = {}
        self._variables: dict[tuple[ResponsePath, str, SelectionSet], str] = {}

    def let_go(self) -> None:
        """Find no more: part what holds each other, or only the garbage collector could free it."""
        del self.entering

    # Places

    def root(self, type_name: str, graphs: tuple[str, ...]) -> Place:
        """The place of a root type that can be read in the given subgraphs."""
        types = frozenset((type_name,))
        sites = tuple(
            Site(RootStep(graph), None, Node(graph, type_name), 1, self.request(1, graph), types)
            for graph in graphs
        )
        return Place((), type_name, types, sites)

    def child(self, place: Place, selected: Field, sites: tuple[Site, ...]) -> Place:
        """The place of a composite field's value."""
        field = self.graph.fields[place.type][selected.name]
        return Place(
            (*place.path, selected.response_key, *["@"] * field.lists),
            field.named_type,
            self._types_over(field.named_type, sites),
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
                *self.direct_sites(parent, selected),
                *self._entered_sites(parent, selected),
            )
            place.sites = _one_per_node((*place.sites, *found))
            place.types = self._types_over(place.type, place.sites)
        place.entered.clear()
        place.casts.clear()
        return len(place.sites) > before

    def _types_over(self, type_name: str, sites: tuple[Site, ...]) -> frozenset[str]:
        types = frozenset[str]().union(*(site.types for site in sites))
        return types & self.graph.possible_types[type_name]

    # Fields

    def signature(self, type_name: str, field_name: str) -> str:
        """The types a field has anywhere; what differs in it may not share a response key."""
        key = (type_name, field_name)
        known = self._signatures.get(key)
        if known is None:
            field = self.graph.fields[type_name].get(field_name)
            texts = {field.type if field is not None else ""}
            for graph in self.graph.resolvers.get(key, ()):
                held = self.graph.types[graph].get(type_name)
                if held is not None:
                    texts.add(held.fields[field_name].type)
            known = self._signatures[key] = " ".join(sorted(texts))
        return known

    def selected(self, place: Place, field: Field) -> Field:
        """The field as it is asked of subgraphs at a place: its tree key as alias."""
        wanted = field.response_key
        key = self.naming.key(
            place.path,
            field.name,
            field.arguments,
            field.name if UNRELEASED in wanted else wanted,
            self.signature(place.type, field.name),
        )
        alias = key if key != field.name else None
        if alias == field.alias and not (field.selections or field.conditions or field.stream):
            return field
        return Field(field.name, alias, field.arguments, (), without_deferrals(field.conditions))

    def field_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        """Every way to have a field of a concrete object.

        A field readable wherever the object already is is not sought by entity moves as well: that
        could only cost more requests. Nor is the way through the parent's entity moves, unless the
        object's own keys lead there by a detour only, or not at all.
        """
        direct = self.direct_sites(place, selected)
        if direct and len(direct) == len(place.sites):
            return _one_per_node(direct)
        found = (*direct, *self._entered_sites(place, selected))
        if (not found or self._is_detour(place, found)) and self.widen(place):
            found = (*found, *self._own_sites(place, selected))
        return _one_per_node(found)

    def _is_detour(self, place: Place, found: tuple[Site, ...]) -> bool:
        """Whether the way that is there first is late, and not only for want of what it requires.

        What is required seeks its own ways.
        """
        soon = place.stage + 1
        for site in found:
            if site.stage <= soon:
                return False
        entry = min(found, key=lambda site: site.stage).parent
        if entry is None or not isinstance(entry.step, EntityStep):
            return True
        keyed = self.entering.enter(place, entry.here.graph)
        return bool(keyed) and all(site.stage > soon for site in keyed)

    def apart_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        """Ways to have a field of a concrete object in a request that is made for it.

        None for what tells which object it is: that is known before any such request.
        """
        for site in place.sites:
            for key in self.graph.type_at(site.here).keys:
                if any(isinstance(f, Field) and f.name == selected.name for f in key.selections):
                    return ()
        return _one_per_node(self._entered_sites(place, selected))

    def _own_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        direct = self.direct_sites(place, selected)
        if direct and len(direct) == len(place.sites):
            return direct
        return (*direct, *self._entered_sites(place, selected))

    def shared_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        """Ways to have a field of an abstract place for all its runtime types at once."""
        if self._splits_context(place, selected):
            return ()
        found = []
        for site in place.sites:
            field = self.graph.shared_field_move(site.here, selected.name)
            if field is not None and site.types >= place.types:
                found.append(self.advance(site, field, selected))
        return tuple(found)

    def shared_entered_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        """The same by entity moves of an interface with a key."""
        if self._splits_context(place, selected):
            return ()
        found = []
        for graph in self.graph.resolvers.get((place.type, selected.name), ()):
            for site in self.entering.enter(place, graph, selected.name):
                field = self.graph.type_at(site.here).fields.get(selected.name)
                if field is not None and not field.external:
                    found.append(self.advance(site, field, selected))
        return _one_per_node(tuple(found))

    def _splits_context(self, place: Place, selected: Field) -> bool:
        """Whether what stands below a field can tell by a context of which type its owner is."""
        field = self.graph.fields[place.type].get(selected.name)
        return bool(field and field.is_composite) and any(
            place.types & holders and not place.types <= holders
            for holders in self.graph.contexts.values()
        )

    def holder(self, place: Place, context: str) -> Place | None:
        """The nearest place around another one whose objects set a context."""
        holders = self.graph.contexts.get(context, frozenset())
        at = _around(place)
        while at is not None:
            if at.types <= holders:
                return at
            at = _around(at)
        return None

    def context_variable(self, holder: Place, argument: ContextArgument) -> str:
        """The variable that carries what is read from a holder."""
        identity = (holder.path, argument.type, argument.selections)
        return self._variables.setdefault(identity, f"_c{len(self._variables)}")

    def typename_sites(self, place: Place) -> tuple[Site, ...]:
        """Ways to learn that objects are there and of which type they are."""
        telling = [site for site in place.sites if not self.is_interface_object(site)]
        if not telling:
            telling = list(self._real_interfaces(place))
        if not telling and not self.graph.is_abstract(place.type):
            telling = list(place.sites)
        return tuple(
            Site(FieldStep(TYPENAME), site, None, site.stage, site.footprint, steps=site.steps + 1)
            for site in telling
        )

    def presence_sites(self, place: Place) -> tuple[Site, ...]:
        """Ways to learn that objects are there, of whatever type.

        An interface object cannot tell its type, but its key is proof enough.
        """
        if not all(self.is_interface_object(site) for site in place.sites):
            return self.typename_sites(place)
        proofs = [
            needed.sites[0]
            for site in place.sites
            for key in self.graph.type_at(site.here).keys[:1]
            if (needed := self.entering.read_key(site, place, key))
        ]
        return tuple(proofs) or self.typename_sites(place)

    def direct_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        """Ways to have a field of a concrete object where the object already is."""
        found = []
        for site in place.sites:
            field = self.graph.field_move(site.here, selected.name)
            if field is not None and not field.needs_entry:
                found.append(self.advance(site, field, selected))
        return tuple(found)

    def _entered_sites(self, place: Place, selected: Field) -> tuple[Site, ...]:
        found = []
        for graph in self.graph.resolvers.get((place.type, selected.name), ()):
            for site in self.entering.enter(place, graph, selected.name):
                field = self.graph.field_move(site.here, selected.name)
                if field is not None:
                    found.append(self.advance(site, field, selected))
        return tuple(found)

    def advance(self, site: Site, field: SubgraphField, selected: Field) -> Site:
        """The site of a field's value; what it takes from context, the entry at ``site`` sends."""
        if field.context:
            selected = _with_context(selected, field, site)
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
        telling = tuple(site for site in place.sites if not self.is_interface_object(site))
        for site in telling or tuple(self._real_interfaces(place)):
            if type_name in site.types:
                yield self._cast_site(site, type_name)
        for site in place.sites:
            if self.is_interface_object(site):
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

    def is_interface_object(self, site: Site) -> bool:
        """Whether the subgraph knows the interface only as an object, without runtime types."""
        return self.graph.type_at(site.here).kind is Kind.INTERFACE_OBJECT

    def _real_interfaces(self, place: Place) -> Iterator[Site]:
        """Entity moves from interface objects to where the interface knows its implementers."""
        for graph in self.graph.graphs:
            held = self.graph.types[graph].get(place.type)
            if held is not None and held.kind is Kind.INTERFACE and held.keys:
                yield from self.entering.enter(place, graph)

    def request(self, stage: int, graph: str) -> int:
        """The footprint of one request."""
        return 1 << (stage * len(self.graph.graphs) + self.graph.positions[graph])

    def requests_to(self, graph: str) -> int:
        """The footprint of one request to a subgraph in each of the first stages."""
        footprint = 0
        for stage in range(1, _STAGES_FAVOURED + 1):
            footprint |= self.request(stage, graph)
        return footprint


def _around(place: Place) -> Place | None:
    """The object whose field has the objects of a place as its value."""
    while place.base is not None:
        place = place.base
    return place.origin.parent if place.origin is not None else None


def _with_context(selected: Field, field: SubgraphField, site: Site) -> Field:
    assert isinstance(site.step, EntityStep), "such a field is asked of entities entered for it"
    taken = (
        Argument(argument.name, f"${value.variable}", (value.variable,))
        for argument, value in zip(field.context, site.step.context, strict=True)
    )
    arguments = sorted((*selected.arguments, *taken), key=lambda each: each.name)
    return structs.replace(selected, arguments=tuple(arguments))


def _one_per_node(sites: tuple[Site, ...]) -> tuple[Site, ...]:
    """Undominated sites of each node: another subgraph's site is never a substitute."""
    if len(sites) == 1:
        return sites
    groups: dict[Node | None, list[Site]] = {}
    for site in dict.fromkeys(sites):
        groups.setdefault(site.node, []).append(site)
    return tuple(kept for group in groups.values() for kept in undominated(group))
