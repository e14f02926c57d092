"""Needs: what a representation holds, and the sites it is read from.

A key is read at the sites of its object, or gathered over several subgraphs; a requirement is
resolved like any selection, by whatever moves it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from federation.planning.place import Place, Site, cheapest
from federation.planning.plan import ContextValue, RepresentationField
from federation.query_graph.model import SubgraphField
from federation.selection import Field, InlineFragment, SelectionSet
from federation.supergraph.contexts import ContextArgument

if TYPE_CHECKING:
    from federation.planning.moves import Moves

_MAX_DEPTH = 48
"""Nested requirements deeper than this count as unreachable, long before Python's stack ends."""


class Needed(Struct, eq=False):
    """What a representation and its context hold, and the sites they are read from."""

    fields: list[RepresentationField] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    context: list[ContextValue] = field(default_factory=list)

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
        self.context += other.context


class Needs:
    """Finds where the fields of keys and requirements can be read."""

    def __init__(self, moves: Moves, most: int) -> None:
        self._moves = moves
        self._most = most
        self._resolved = 0
        self._depth = 0
        self._favoured = 0

    @property
    def is_exhausted(self) -> bool:
        """Whether so much was gathered that nothing more is looked for."""
        return self._resolved >= self._most

    def read_at(
        self, base: Site, path: tuple[str, ...], type_name: str, selections: SelectionSet
    ) -> Needed | None:
        """A field set read entirely in the subgraph of one site; None when it cannot be."""
        needed = Needed()
        held = self._moves.graph.type_at(base.here)
        for selection in selections:
            if not isinstance(selection, Field):
                return None
            field = self._moves.graph.shared_field_move(base.here, selection.name)
            if field is None:
                return None
            # An interface object knows the interface's fields, under the interface's types.
            owner = (
                type_name if selection.name in self._moves.graph.fields[type_name] else held.name
            )
            selected = self._needed_field(path, owner, selection)
            site = self._moves.advance(base, field, selected)
            inner: tuple[RepresentationField, ...] = ()
            sites = [site]
            if selection.selections:
                api_field = self._moves.graph.fields[owner][selection.name]
                below = (*path, selected.response_key, *["@"] * api_field.lists)
                found = self.read_at(site, below, api_field.named_type, selection.selections)
                if found is None:
                    return None
                inner, sites = tuple(found.fields), found.sites or sites
            needed.fields.append(RepresentationField(selection.name, selected.response_key, inner))
            needed.sites += sites
        return needed

    def gather(self, known: list[Site], place: Place, selections: SelectionSet) -> Needed | None:
        """A field set read at several known sites of one object."""
        needed = Needed()
        for selection in selections:
            options = [
                option
                for base in known
                if (option := self.read_at(base, place.path, place.type, (selection,)))
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
        here = Place(place.path, place.type, place.types, tuple(known), place.origin, place.base)
        sites = self._moves.direct_sites(here, selected)
        if not sites:
            return None
        return self._resolve_below(here, selected, selection, sites)

    def inputs(self, place: Place, field: SubgraphField) -> list[Needed]:
        """Ways to gather all that is sent for a field, its key apart; none when some is missing."""
        found = self.alternatives(place, field.requires) if field.requires else [Needed()]
        for argument in field.context:
            taken = self._from_context(place, argument)
            if taken is None:
                return []
            for needed in found:
                needed.add(taken)
        return found

    def _from_context(self, place: Place, argument: ContextArgument) -> Needed | None:
        holder = self._moves.holder(place, argument.context)
        found = self.resolve(holder, argument.selections) if holder is not None else None
        if holder is None or found is None:
            return None
        variable = self._moves.context_variable(holder, argument)
        value = ContextValue(variable, argument.type, len(holder.path), tuple(found.fields))
        return Needed([], found.sites, [value])

    def alternatives(self, place: Place, selections: SelectionSet) -> list[Needed]:
        """Ways to gather a requirement: the cheapest, and one for each subgraph that could help.

        Which is best depends on the requests that the rest of the operation makes anyway.
        """
        helping = {site.here.graph for site in place.sites} if len(place.sites) > 1 else set[str]()
        for selection in selections:
            if isinstance(selection, Field):
                graphs = self._moves.graph.resolvers.get((place.type, selection.name), ())
                helping.update(graphs if len(graphs) > 1 else ())
        found: dict[int, Needed] = {}
        before = self._favoured
        try:
            for graph in ("", *sorted(helping)):
                self._favoured = self._moves.requests_to(graph) if graph else 0
                needed = self.resolve(place, selections)
                if needed is None:
                    break
                found.setdefault(needed.footprint, needed)
        finally:
            self._favoured = before
        return list(found.values())

    def resolve(self, place: Place, selections: SelectionSet) -> Needed | None:
        """A field set gathered by whatever moves it takes; None when some field is out of reach."""
        if self._depth >= _MAX_DEPTH or self.is_exhausted:
            return None
        self._resolved += 1
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
                place,
                selection.selections,
                self._moves.graph.possible_types[condition] & place.types,
            )
        if selection.name == "__typename":
            return self._resolve_typename(place)
        selected = self._needed_field(place.path, place.type, selection)
        if not self._moves.graph.is_abstract(place.type):
            sites = self._moves.field_sites(place, selected)
        else:
            sites = self._moves.shared_sites(place, selected)
            sites = sites or self._moves.shared_entered_sites(place, selected)
            if not sites:
                return self._resolve_cast(place, (selection,), place.types)
        if not sites:
            return None
        if selection.selections:
            return self._resolve_below(place, selected, selection, sites)
        site = cheapest(sites, running | self._favoured)
        assert site is not None, "there are sites"
        return Needed([RepresentationField(selection.name, selected.response_key)], [site])

    def _resolve_below(
        self, place: Place, selected: Field, selection: Field, sites: tuple[Site, ...]
    ) -> Needed | None:
        child = self._moves.child(place, selected, sites)
        inner = self.resolve(child, selection.selections)
        if inner is None:
            return None
        if self._moves.graph.is_abstract(child.type):
            typename = self._resolve_typename(child)
            if typename is None:
                return None
            inner.add(typename)
        fields = tuple(dict.fromkeys(inner.fields))
        held = RepresentationField(selection.name, selected.response_key, fields)
        return Needed([held], inner.sites)

    def _resolve_typename(self, place: Place) -> Needed | None:
        site = cheapest(self._moves.typename_sites(place))
        if site is None:
            return None
        return Needed([RepresentationField("__typename", "__typename")], [site])

    def _resolve_cast(
        self, place: Place, selections: SelectionSet, types: frozenset[str]
    ) -> Needed | None:
        if not self._moves.graph.is_abstract(place.type):
            return self.resolve(place, selections) if place.type in types else Needed()
        needed = Needed()
        # What is sent for some types only can be told by the type alone.
        told = cheapest(self._moves.typename_sites(place))
        if told is None:
            return None
        needed.sites.append(told)
        for type_name in sorted(types):
            found = self.resolve(self._moves.cast(place, type_name), selections)
            if found is None:
                return None
            needed.sites += found.sites
            needed.fields += [
                RepresentationField(field.name, field.source, field.fields, frozenset((type_name,)))
                for field in found.fields
            ]
        return needed

    def _needed_field(self, path: tuple[str, ...], type_name: str, field: Field) -> Field:
        key = self._moves.naming.key(
            path,
            field.name,
            field.arguments,
            field.name,
            self._moves.signature(type_name, field.name),
        )
        return Field(field.name, key if key != field.name else None, field.arguments)
