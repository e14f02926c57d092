"""Where an object of the response can be read: places, and the sites of each.

A *place* is an object (or a list of them) in the response. A *site* is one way of having it: a
subgraph, and the chain of steps that leads there from a root fetch. Every site carries what it
costs: its *stage* (how many rounds must pass until it is there) and its *footprint*, the set of
requests it needs. Since all fetches of one stage to one subgraph travel in one request, a request
is a pair of stage and subgraph, and a footprint a set of bits: the union of two footprints is what
both cost together, and counting its bits counts requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from federation.planning.plan import ContextValue, RepresentationField, ResponsePath
from federation.query_graph.model import Node
from federation.selection import Field

if TYPE_CHECKING:
    from federation.planning.needs import Needed

MAX_ALTERNATIVES = 16
"""Ways to one value that are kept side by side; bounds the work on deep operations."""


class RootStep(Struct, frozen=True, gc=False):
    """Begin a request at a root type.

    Attributes:
        path: Where its answer is merged; not empty only below a field that returns the root type.
        needs: Sites of the objects at ``path``, when it is not empty.
    """

    graph: str
    path: ResponsePath = ()
    needs: tuple[Site, ...] = ()


class FieldStep(Struct, frozen=True, gc=False):
    """Select a field; ``field`` carries the tree key as alias, arguments and conditions."""

    field: Field


class CastStep(Struct, frozen=True, gc=False):
    """Narrow an abstract value to an object type.

    Attributes:
        type_condition: None when the subgraph does not know the type (interface objects): all
            objects are asked, and the response picks by the runtime type found elsewhere.
        needs: Sites that tell the runtime type in that case.
    """

    type_condition: str | None
    needs: tuple[Site, ...] = ()


class EntityStep(Struct, frozen=True, gc=False):
    """Enter a subgraph with representations of the objects of a place.

    Attributes:
        path: Of those objects.
        typename: ``__typename`` to send; None sends each object's own.
        fragment: Type around the selections in the request.
        key: The key's text, to tell equal steps.
        representation: What is sent.
        needs: Sites of everything in the representation and the context.
        context: Variables for the arguments of the one field that takes some, in their order.
    """

    graph: str
    path: ResponsePath
    typename: str | None
    fragment: str
    key: str
    representation: tuple[RepresentationField, ...]
    needs: tuple[Site, ...]
    context: tuple[ContextValue, ...] = ()


Step: TypeAlias = RootStep | FieldStep | CastStep | EntityStep

STARTS = (RootStep, EntityStep)
"""Steps at which a request begins; no union, which would be made anew each time it is asked."""


class Site(Struct, frozen=True, eq=False, gc=False):
    """A value as one subgraph gives it, compared by identity.

    Attributes:
        parent: The site before the last step; None where a request begins.
        node: The value's type there; None for leaves.
        stage: Rounds until it is there; root fetches are stage 1.
        footprint: Requests it needs: bit ``stage * subgraphs + position`` for each.
        types: Runtime types an object can have here; empty for leaves.
        steps: Length of the chain; prefers the shorter of equally cheap ones.
    """

    step: Step
    parent: Site | None
    node: Node | None
    stage: int
    footprint: int
    types: frozenset[str] = frozenset()
    steps: int = 0

    @property
    def here(self) -> Node:
        """The node of a site that is known to be no leaf."""
        assert self.node is not None, "a leaf has no moves"
        return self.node


class Place(Struct, eq=False):
    """An object position of the response and the ways known to have it.

    Attributes:
        type: API type (object, interface or union).
        types: Runtime types possible here, over all sites.
        sites: Ways to have the objects that need no entity move from this place itself.
        origin: The field whose value stands here, to find further ways; None for roots and casts.
        base: The abstract place that a cast narrows.
        entered: Ways to enter a subgraph from here, by subgraph and requiring field.
        casts: Narrowed places by object type.
        keys: What was found for the keys read at single sites, by site and key.
        is_widened: Whether the ways through the parent's entity moves are among the sites.
    """

    path: ResponsePath
    type: str
    types: frozenset[str]
    sites: tuple[Site, ...]
    origin: Origin | None = None
    base: Place | None = None
    entered: dict[tuple[str, str], tuple[Site, ...]] = field(default_factory=dict)
    casts: dict[str, Place] = field(default_factory=dict)
    is_widened: bool = False
    keys: dict[tuple[Site, str], Needed | None] = field(default_factory=dict)

    @property
    def stage(self) -> int:
        """Rounds until the objects are there, by the soonest way."""
        return min([site.stage for site in self.sites], default=0)


class Origin(Struct, frozen=True, eq=False):
    """The field selection that led to a place."""

    parent: Place
    selected: Field


def cheapest(sites: Iterable[Site], running: int = 0) -> Site | None:
    """The site that adds least to what is spent already: rounds, then requests, then steps."""
    return min(sites, key=lambda site: cost_of(site, running), default=None)


def cost_of(site: Site, running: int = 0) -> tuple[int, int, int, int]:
    """Sort key of ``cheapest``; the footprint itself breaks ties, by order of subgraph names."""
    footprint = site.footprint | running
    return (site.stage, footprint.bit_count(), site.steps, footprint)


def undominated(sites: Sequence[Site]) -> tuple[Site, ...]:
    """The cheapest of those sites whose requests are no superset of another's, cheapest first.

    Where every step can be taken in several subgraphs, the ways multiply with each step; so only
    the first ``MAX_ALTERNATIVES`` are followed further.
    """
    if len(sites) < 2:
        return tuple(sites)
    kept: list[Site] = []
    for site in sorted(sites, key=cost_of):
        if len(kept) == MAX_ALTERNATIVES:
            break
        if not any(
            other.footprint | site.footprint == site.footprint and other.stage <= site.stage
            for other in kept
        ):
            kept.append(site)
    return tuple(kept)
