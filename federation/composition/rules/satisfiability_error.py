"""SATISFIABILITY_ERROR: the API schema allows a query that no fetches can answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from federation.composition.merged import Merged
from federation.composition.reach import Given, Nodes, Reach
from federation.composition.report import listed
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.field_set import print_field_set
from federation.query_graph import LabelledGraphs, Node, QueryGraph
from federation.query_graph.model import SubgraphField
from federation.supergraph.api_schema import is_accessible
from federation.supergraph.model import FieldDefinition, InterfaceType, ObjectType, named_type


@dataclass(frozen=True, slots=True)
class _State:
    """An object somewhere in a query.

    Attributes:
        nodes: Closed: every node at which it can be read.
        path: Steps of the query that leads to it, from the root: field names and ``... on Type``.
        given: Contextual arguments that the objects around it can fill.
    """

    type: str
    nodes: Nodes
    kind: str
    path: tuple[str, ...]
    given: Given = frozenset()


def _under(labels: tuple[str, ...]) -> str:
    several = "s" if len(labels) > 1 else ""
    return f"; with the override label{several} {', '.join(labels)} switched on"


class _Reaches:
    """What can be reached, by what is given around an object."""

    def __init__(self, graph: QueryGraph) -> None:
        self.graph = graph
        self._contextual = frozenset(
            argument
            for types in graph.types.values()
            for held in types.values()
            for field in held.fields.values()
            for argument in field.context
        )
        self._reaches: dict[Given, Reach] = {}

    def at(self, given: Given) -> Reach:
        """With these contextual arguments given."""
        known = self._reaches.get(given)
        if known is None:
            known = self._reaches[given] = Reach(self.graph, given)
        return known

    def below(self, state: _State) -> Given:
        """What is given to the objects below one: the nearest holder of a context counts."""
        given = state.given
        for argument in self._contextual:
            if state.type in self.graph.contexts.get(argument.context, ()):
                reach = self.at(state.given)
                if reach.selects(state.type, state.nodes, argument.selections):
                    given |= {argument}
                else:
                    given -= {argument}
        return given


def satisfiability_error(merged: Merged) -> Iterator[Diagnostic]:
    """Every field that the API schema offers can be read wherever it can be selected.

    Walks the API schema and all subgraphs in step, breadth first, so that the query shown for a
    field is the shortest one that fails. Objects with the same closure are looked at once. The
    labels of progressive overrides are tried off, on, and each alone.
    """
    graphs = LabelledGraphs(merged.supergraph)
    tried = [(), graphs.labels, *((label,) for label in graphs.labels)]
    reported: set[tuple[str, str]] = set()
    for labels in dict.fromkeys(tried):
        yield from _unanswered(merged, graphs.graph(frozenset(labels)), labels, reported)


def _unanswered(
    merged: Merged, graph: QueryGraph, labels: tuple[str, ...], reported: set[tuple[str, str]]
) -> Iterator[Diagnostic]:
    reaches = _Reaches(graph)
    for state in _states(merged, reaches):
        reach = reaches.at(state.given)
        definition = merged.supergraph.types[state.type]
        assert isinstance(definition, ObjectType | InterfaceType), "states are objects"
        for field in definition.fields.values():
            coordinate = (state.type, field.name)
            if coordinate in reported or not is_accessible(field):
                continue
            targets = reach.step(state.type, state.nodes, field.name)
            below = frozenset(target for target in targets if target is not None)
            if not targets:
                reported.add(coordinate)
                yield _told(_diagnostic(state, field, graph, reach, merged), labels)
            elif not reach.tells_type(named_type(field.type), below):
                reported.add(coordinate)
                yield _told(_type_diagnostic(state, field, below, graph, merged), labels)


def _told(found: Diagnostic, labels: tuple[str, ...]) -> Diagnostic:
    return replace(found, message=found.message + _under(labels)) if labels else found


def _states(merged: Merged, reaches: _Reaches) -> Iterator[_State]:
    graph = reaches.graph
    pending = deque(_roots(graph, reaches.at(frozenset())))
    seen = {(state.type, state.nodes, state.given) for state in pending}
    while pending:
        state = pending.popleft()
        yield state
        reach = reaches.at(state.given)
        given = reaches.below(state)
        definition = merged.supergraph.types[state.type]
        assert isinstance(definition, ObjectType | InterfaceType), "states are objects"
        for field in definition.fields.values():
            if not is_accessible(field):
                continue
            targets = reach.step(state.type, state.nodes, field.name)
            below = frozenset(target for target in targets if target is not None)
            is_abstract = graph.is_abstract(named_type(field.type))
            for name, nodes in reach.values(below):
                closed = reaches.at(given).closure(name, nodes)
                if (name, closed, given) not in seen:
                    seen.add((name, closed, given))
                    condition = (f"... on {name}",) if is_abstract else ()
                    path = (*state.path, field.name, *condition)
                    pending.append(_State(name, closed, state.kind, path, given))


def _roots(graph: QueryGraph, reach: Reach) -> Iterator[_State]:
    for kind, name in graph.roots.items():
        nodes = frozenset(Node(each, name) for each in graph.graphs if name in graph.types[each])
        yield _State(name, reach.closure(name, nodes), kind, ())


def _diagnostic(
    state: _State, field: FieldDefinition, graph: QueryGraph, reach: Reach, merged: Merged
) -> Diagnostic:
    reasons = [
        f"{name}: {_reason(state, field.name, name, graph, reach)}"
        for name in graph.graphs
        if _may_hold(graph, state.type, name)
    ]
    return Diagnostic(
        "SATISFIABILITY_ERROR",
        f"{_query(state, field, graph)} cannot be answered. " + "; ".join(reasons),
        coordinate=Coordinate(state.type, field.name),
        locations=merged.places(Coordinate(state.type, field.name)),
        fix="Give the type a @key that the subgraphs on the way can supply, resolve the field in a "
        "subgraph that can be reached, or mark it @inaccessible.",
    )


def _type_diagnostic(
    state: _State, field: FieldDefinition, below: Nodes, graph: QueryGraph, merged: Merged
) -> Diagnostic:
    """A finding about a value whose runtime type no subgraph can tell."""
    interface = named_type(field.type)
    standing = listed(sorted(node.graph for node in below))
    return Diagnostic(
        "SATISFIABILITY_ERROR",
        f"{_query(state, field, graph)} cannot be answered. {interface} is an @interfaceObject in"
        f" {standing}, and no subgraph that knows its implementers can be entered by a @key"
        f" of {interface}",
        coordinate=Coordinate(state.type, field.name),
        locations=merged.places(Coordinate(state.type, field.name)),
        fix=f"Give the interface {interface} the @key of the interface object where its"
        " implementers are defined.",
    )


def _may_hold(graph: QueryGraph, type_name: str, subgraph: str) -> bool:
    return type_name in graph.types[subgraph] or bool(graph.entity_targets(type_name, subgraph))


def _reason(state: _State, field_name: str, subgraph: str, graph: QueryGraph, reach: Reach) -> str:
    """Why a subgraph cannot answer the field here."""
    held = [node for node in state.nodes if node.graph == subgraph]
    fields = [graph.type_at(node).fields.get(field_name) for node in held]
    for field in fields:
        if field is not None and field.needs_entry:
            return _requirement(state, field, subgraph, reach)
    if held:
        external = any(field is not None and field.external for field in fields)
        return f"{state.type}.{field_name} is " + ("only @external" if external else "not defined")
    own = graph.types[subgraph].get(state.type)
    if own is not None and field_name not in own.fields:
        return f"{state.type}.{field_name} is not defined"
    keys = [key for each in graph.entity_targets(state.type, subgraph) for key in each.keys]
    if not keys:
        return f"{state.type} has no resolvable @key there"
    texts = ", ".join(f'"{key.text}"' for key in keys)
    return f"no subgraph on the way supplies a key of {state.type} ({texts})"


def _requirement(state: _State, field: SubgraphField, subgraph: str, reach: Reach) -> str:
    if not reach.can_enter(state.type, state.nodes, subgraph):
        sent = "@requires" if field.requires else "@fromContext"
        return f"{field.name} has {sent}, but no @key of {state.type} can be sent"
    missing = [each.context for each in field.context if each not in reach.given]
    if missing:
        names = ", ".join(name.removeprefix(f"{subgraph}__") for name in missing)
        return f"nothing around {state.type} on this way sets the context {names} of {field.name}"
    return f'@requires(fields: "{print_field_set(field.requires)}") cannot be gathered'


def _query(state: _State, field: FieldDefinition, graph: QueryGraph) -> str:
    last = field.name
    if graph.is_composite(named_type(field.type)):
        last += " { __typename }"
    text = last
    for step in reversed(state.path):
        text = f"{step} {{ {text} }}"
    return f"{state.kind} {{ {text} }}"
