"""Entity moves: the ways to enter a subgraph with the objects of a place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from federation.planning.needs import Needed, Needs
from federation.planning.place import EntityStep, FieldStep, Place, RootStep, Site, undominated
from federation.query_graph.model import Key, Kind, Node, SubgraphField, SubgraphType
from federation.selection import TYPENAME

if TYPE_CHECKING:
    from federation.planning.moves import Moves


class Way(Struct, frozen=True, gc=False):
    """A way to enter a subgraph: as which type, by which key, with what gathered from where.

    Attributes:
        base: The site whose objects are sent.
    """

    graph: str
    target: SubgraphType
    key: str
    base: Site
    needed: Needed

    @property
    def stage(self) -> int:
        """The stage of the entry itself."""
        return 1 + max([site.stage for site in self.needed.sites])


class Entering:
    """Finds entity moves; remembers per place what it found."""

    def __init__(self, moves: Moves, most_needs: int) -> None:
        self._moves = moves
        self.needs = Needs(moves, most_needs)
        self._requiring: set[tuple[int, str, str]] = set()

    def read_key(self, base: Site, place: Place, key: Key) -> Needed | None:
        """A key of the objects of a place read entirely at one of its sites."""
        identity = (base, key.text)
        if identity not in place.keys:
            found = self.needs.read_at(base, place.path, place.type, key.selections)
            place.keys[identity] = found
        return place.keys[identity]

    def enter(self, place: Place, graph: str, field_name: str = "") -> tuple[Site, ...]:
        """Ways to enter a subgraph with the objects of a place.

        Args:
            field_name: The field wanted there; its requirements are put into the representation.
        """
        wanting = self._wanting(place, graph, field_name)
        memo = (graph, field_name if wanting else "")
        if memo in place.entered:
            return place.entered[memo]
        if memo[1] and (id(place), *memo) in self._requiring:
            return ()
        self._requiring.add((id(place), *memo))
        try:
            sites = self._enter(place, graph, wanting)
        finally:
            self._requiring.discard((id(place), *memo))
        place.entered[memo] = sites
        return sites

    def _wanting(self, place: Place, graph: str, field_name: str) -> SubgraphField | None:
        """The field, if it is one that something has to be sent for."""
        for target in self._moves.graph.entity_targets(place.type, graph):
            field = target.fields.get(field_name)
            if field is not None and field.needs_entry:
                return field
        return None

    def _enter(self, place: Place, graph: str, wanting: SubgraphField | None) -> tuple[Site, ...]:
        if place.type == self._moves.graph.roots.get("query"):
            # At the root itself every subgraph is a site already.
            return tuple(self._enter_root(place, graph)) if place.path else ()
        extras = self.needs.inputs(place, wanting) if wanting else [Needed()]
        if not extras:
            return ()
        ways = list(self._keyed_ways(place, graph))
        first = place.stage
        starts: list[tuple[Site, ...]] = []
        if all(way.stage > first + 1 for way in ways):
            # From each site alone as well: that which is cheapest by itself may not be the one that
            # the rest of the operation needs anyway.
            starts = [place.sites, *((site,) for site in place.sites if len(place.sites) > 1)]
        elif wanting and all(any(site.stage > first for site in each.sites) for each in extras):
            # The inputs come later than a key would: a key gathered meanwhile costs no round.
            keyed = {way.base for way in ways}
            starts = [(site,) for site in place.sites if site not in keyed]
        if starts:
            ways += [
                way
                for start in starts
                for way in self._closure_ways(place, start)
                if way.graph == graph
            ]
        return undominated([self._entity_site(place, way, each) for way in ways for each in extras])

    def _enter_root(self, place: Place, graph: str) -> Iterator[Site]:
        for base in place.sites:
            proof = Site(FieldStep(TYPENAME), base, None, base.stage, base.footprint)
            stage = base.stage + 1
            yield Site(
                RootStep(graph, place.path, (proof,)),
                None,
                Node(graph, place.type),
                stage,
                base.footprint | self._moves.request(stage, graph),
                frozenset((place.type,)),
                base.steps + 1,
            )

    def _keyed_ways(self, place: Place, graph: str) -> Iterator[Way]:
        """Entries whose whole key is read at one site of the place."""
        for target in self._moves.graph.entity_targets(place.type, graph):
            for key in target.keys:
                for base in place.sites:
                    needed = self.read_key(base, place, key)
                    if needed is not None:
                        yield Way(graph, target, key.text, base, needed)

    def _closure_ways(self, place: Place, start: tuple[Site, ...]) -> list[Way]:
        """Entries from these sites whose keys are gathered on the way, subgraph after subgraph.

        Each round enters what the keys known so far allow, so every subgraph is found at its
        earliest stage and no cycle of keys can arise.
        """
        ways: list[Way] = []
        known = list(start)
        reached: set[str] = set()
        while True:
            fresh = [
                Way(graph, target, key.text, known[0], needed)
                for graph in self._moves.graph.graphs
                if graph not in reached
                for target in self._moves.graph.entity_targets(place.type, graph)
                for key in target.keys
                if (needed := self.needs.gather(known, place, key.selections)) is not None
            ]
            if not fresh:
                return ways
            ways += fresh
            for way in fresh:
                reached.add(way.graph)
                known.append(self._entity_site(place, way, Needed()))

    def _entity_site(self, place: Place, way: Way, extra: Needed) -> Site:
        needs = (*way.needed.sites, *extra.sites)
        stage = 1 + max([site.stage for site in needs])
        footprint = self._moves.request(stage, way.graph)
        for site in needs:
            footprint |= site.footprint
        target = way.target
        is_typed = target.kind is Kind.INTERFACE and not self._moves.is_interface_object(way.base)
        return Site(
            EntityStep(
                way.graph,
                place.path,
                None if is_typed else target.name,
                target.name,
                way.key,
                tuple(dict.fromkeys((*way.needed.fields, *extra.fields))),
                needs,
                tuple(extra.context),
            ),
            None,
            Node(way.graph, target.name),
            stage,
            footprint,
            target.possible_types,
            way.base.steps + len(needs),
        )
