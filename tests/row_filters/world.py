"""One graph three times: a department that cannot filter rows, its twin that can, and a third.

``people`` keeps the citizens and the region by which they are filtered. ``visits`` gives citizens
in every way a schema allows. In the world CANNOT it does not hold the region; in CAN it does, and
filters by itself. In GONE it cannot either, and the citizens that the filter hides do not exist:
all that is left of them are references.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import Any

from graphql import GraphQLError, GraphQLSchema

from federation.access import (
    AccessIndex,
    AccessRequest,
    Asker,
    Caller,
    ask,
    bind_row_tests,
    build_access_index,
    read_condition,
    restrict,
    row_filters_json,
)
from federation.access.decision import Decision, Effect, Verdict
from federation.access.row_filter import fields_of
from federation.composition import compose
from federation.errors import PlanningError
from federation.execution import ExecutionRequest, ExecutionResult, compile_typed, execute
from federation.operation import Limits, coerce_variables, parse_operation
from federation.planning import OperationPlan, plan
from federation.query_graph import QueryGraph, build_query_graph
from federation.subgraph import load_subgraph
from federation.supergraph import build_api_schema
from tests.support.as_bytes import AsBytes, data_of
from tests.support.decided import decided
from tests.support.filtering_subgraph import FILTERS_HEADER, FilteringSubgraph
from tests.support.memory_subgraph import MemorySubgraph, MemoryTransport, Row

LINK = """extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@requires", "@external",
    "@shareable", "@interfaceObject", "@inaccessible"])
  @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@filters", "@derivedFrom"])
directive @filters(field: String!, use: datong__FilterUse = FILTER) repeatable on
  ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
enum datong__FilterUse { FILTER SORT }
directive @derivedFrom(type: String!) repeatable on FIELD_DEFINITION | OBJECT
"""
PEOPLE = (
    LINK
    + """
type Query { citizens: [Citizen!]! }
type Citizen implements Being @key(fields: "id") {
  id: ID!
  name: String!
  nick: String
  region: String @shareable
  rank: Int @inaccessible
}
type Robot implements Being @key(fields: "id") { id: ID! model: String }
interface Being @key(fields: "id") { id: ID! }
"""
)
VISITS = (
    LINK
    + """
type Query {
  visits: [Visit!]!
  visit: Visit
  visitors(named: String @filters(field: "Citizen.name")): [Citizen!]!
  page(first: Int): [Citizen!]!
  best(limit: Int! = 2): [Citizen!]!
  search(first: Int): Found!
  maybes: [Citizen]
  latest: Citizen
  oldest: Citizen!
  guest(id: ID! @filters(field: "Citizen.id")): Citizen
  parties: [Party!]!
  named: [Named]
  connection: VisitorConnection!
  headcount: Int @derivedFrom(type: "Citizen")
}
type Mutation { register(id: ID!): Receipt }
type Found { visitors: [Citizen!]! inner: Found }
type Receipt { number: ID! citizen: Citizen }
type Subscription { visited: Visit arrived: Citizen }
type Visit @key(fields: "id") {
  id: ID!
  citizen: Citizen
  certain: Citizen!
  companions: [Citizen!]!
  rounds: [[Citizen!]!]!
  maybe: [[Citizen]]
}
type VisitorConnection { totalCount: Int! edges: [VisitorEdge!]! }
type VisitorEdge { cursor: String! node: Citizen }
type Citizen implements Named @key(fields: "id") {
  id: ID!
  badge: String
  torn: String
  rigid: String!
  SHARED
}
union Party = Citizen | Firm
interface Named { badge: String }
type Firm implements Named @key(fields: "title") { title: String! badge: String }
"""
)
MOODS = (
    LINK
    + """
type Query { moods: [Being!]! mood: Being }
type Being @key(fields: "id") @interfaceObject { id: ID! mood: String }
"""
)
LIMITS = (
    LINK
    + """
type Citizen @key(fields: "id") {
  id: ID!
  rank: Int @external
  limit: Int @requires(fields: "rank")
}
type Visit @key(fields: "id") {
  id: ID!
  citizen: Citizen @external
  risk: Int @requires(fields: "citizen { rank }")
}
"""
)

REGION = {"field": "region", "op": "eq", "value": "north"}
SEEN = [("1", "north", 1), ("3", "north", 3)]
HIDDEN = [("2", "south", 2), ("4", None, 4)]
LOST = "9"
"""The key of a citizen of whom there are only references, in every world."""


class Kind(Enum):
    """Of the three worlds."""

    CANNOT = "cannot"
    CAN = "can"
    GONE = "gone"


def _reference(id: str) -> Row:  # noqa: A002 - as the schema calls it
    return {"__typename": "Citizen", "id": id}


def _rows(kind: Kind) -> dict[str, dict[str, list[Row]]]:
    people = [
        {"id": key, "name": f"name-{key}", "nick": None, "region": region, "rank": rank}
        for key, region, rank in [*SEEN, *([] if kind is Kind.GONE else HIDDEN)]
    ]
    everybody = [_reference(key) for key in ("1", "2", "3", "4", LOST)]
    visits: list[Row] = [
        {
            "id": f"v{key}",
            "citizen": _reference(key),
            "certain": _reference("1"),
            "companions": everybody,
            "rounds": [[_reference("2")], [_reference("1"), _reference("4")], []],
            "maybe": [[None, _reference("2"), _reference("3")], None],
            "risk": 7,
        }
        for key in ("1", "2")
    ]
    badges: list[Row] = [{"id": key, "badge": f"badge-{key}"} for key, _, _ in [*SEEN, *HIDDEN]]
    if kind is Kind.CAN:
        regions = {key: region for key, region, _ in [*SEEN, *HIDDEN]}
        badges = [{**row, "region": regions[str(row["id"])]} for row in badges]
    query = {
        "visits": visits,
        "visit": visits[1],
        "visitors": everybody[:4],
        "page": everybody[:4],
        "best": everybody[:2],
        "search": {"visitors": everybody[:4], "inner": {"visitors": everybody[:2]}},
        "maybes": [None, *everybody],
        "latest": _reference("2"),
        "oldest": _reference("2"),
        "guest": _reference("4"),
        "parties": [_reference("2"), {"__typename": "Firm", "title": "firm"}, _reference("1")],
        "named": [{"__typename": "Firm", "title": "firm"}, _reference("4"), _reference("3")],
        "connection": {"totalCount": 4, "edges": [{"cursor": "c", "node": _reference("2")}]},
        "headcount": 4,
    }
    return {
        "people": {
            "Citizen": people,
            "Robot": [{"id": "r", "model": "M"}],
            "Query": [{"citizens": [_reference(key) for key in ("1", "2", "3", "4")]}],
        },
        "visits": {
            "Visit": visits,
            "Citizen": badges,
            "Firm": [{"title": "firm", "badge": "badge-f"}],
            "Query": [query],
            "Mutation": [{"register": {"number": "n", "citizen": _reference("2")}}],
        },
        "moods": {
            "Being": [{"id": key, "mood": f"mood-{key}"} for key in ("1", "2", "r")],
            "Query": [{"moods": [{"id": key} for key in ("2", "r", "1")], "mood": {"id": "2"}}],
        },
        "limits": {"Citizen": [{"id": key, "limit": 5} for key in "1234"], "Visit": visits},
    }


def _torn(source: Row, _arguments: Row) -> str:
    if source["id"] == "1":
        return "whole"
    raise GraphQLError("torn")


_TORN = {("Citizen", "torn"): _torn, ("Citizen", "rigid"): _torn}


@dataclass(frozen=True)
class World:
    """A composed graph over rows."""

    schema: GraphQLSchema
    graph: QueryGraph
    index: AccessIndex
    sdl: Mapping[str, str]
    rows: Mapping[str, dict[str, list[Row]]]

    def transport(self, absent: str = "") -> MemoryTransport:
        """Its departments, one of which may not be there."""
        found: dict[str, MemorySubgraph] = {
            name: FilteringSubgraph(sdl, self.rows[name], _TORN)
            for name, sdl in self.sdl.items()
            if name != absent
        }
        return MemoryTransport(found)


@dataclass(frozen=True)
class Answer:
    """What one question came to.

    Attributes:
        refused: Paths of the refused selections, to the reasons.
        sent: Subgraph and text of each request.
        is_typed: Generated code gave the same.
        is_shared: So did code for which equal objects are one.
    """

    result: ExecutionResult
    work: ExecutionRequest
    refused: Mapping[str, str]
    plan: OperationPlan
    sent: list[tuple[str, str]]
    is_typed: bool
    is_shared: bool

    @property
    def told(self) -> list[Any]:
        """Data and errors, as a client gets them."""
        errors = [error.to_json() for error in self.result.errors]
        return [self.result.data, sorted(errors, key=json.dumps)]


@cache
def world(kind: Kind) -> World:
    """One of the three."""
    shared = "region: String @shareable" if kind is Kind.CAN else ""
    sdl = {
        "people": PEOPLE,
        "visits": VISITS.replace("SHARED", shared),
        "moods": MOODS,
        "limits": LIMITS,
    }
    composition = compose(load_subgraph(name, f"http://{name}", text) for name, text in sdl.items())
    assert composition.supergraph is not None, composition.errors
    schema = build_api_schema(composition.supergraph)
    graph = build_query_graph(composition.supergraph)
    index = build_access_index(composition.supergraph, schema)
    return World(schema, graph, index, sdl, _rows(kind))


async def answer(
    text: str,
    kind: Kind = Kind.CANNOT,
    condition: Mapping[str, Any] = REGION,
    *,
    absent: str = "",
    denied: str = "",
) -> Answer:
    """The answer to somebody who may see all fields of the citizens that fulfil a condition.

    Args:
        text: The operation.
        kind: Where it is asked.
        condition: The row filter on citizens.
        absent: A subgraph that cannot be reached.
        denied: A coordinate that this caller may not select, after all.
    """
    here = world(kind)
    parsed = parse_operation(text, here.schema, None, Limits(), is_incremental=True)
    operation, variables = parsed.operation, coerce_variables(parsed.variables, here.schema, {})
    question = ask(operation, variables, Asker(Caller("c", "person"), None, (), 1), here.index)

    def decide(asked: AccessRequest) -> Decision:
        verdicts = {
            (name, use): Verdict(Effect.DENY if name == denied else Effect.ALLOW, ("r",), "rule")
            for name, uses in asked.fields.items()
            for use in uses.names()
        }
        return Decision(verdicts, {"Citizen": read_condition(condition)}, "r1")

    decision = decided(question, here.index, decide)
    restriction = restrict(operation, variables, decision, here.index)
    try:
        planned = plan(restriction.operation, here.graph)
    except PlanningError:
        index = replace(here.index, tests_rows=False)
        restriction = restrict(operation, variables, decision, index)
        planned = plan(restriction.operation, here.graph)

    def headers_for(subgraph: str, _text: str) -> Mapping[str, str]:
        bound = {
            name: each
            for name, each in restriction.row_filters.items()
            if here.index.holds(subgraph, name, fields_of(each))
        }
        return {FILTERS_HEADER: json.dumps(row_filters_json(bound))}

    work = ExecutionRequest(
        variables=variables,
        row_tests=bind_row_tests(restriction),
        refusals=restriction.refusals,
        headers_for=headers_for,
        show_subgraph_errors=False,
    )
    transport = here.transport(absent)
    result = await execute(planned, work, transport, here.schema)
    code = compile_typed(planned, work, here.schema)
    sharing = code and compile_typed(planned, work, here.schema, code.sharing.candidates)
    for each in (code, sharing):
        again = await execute(planned, work, AsBytes(here.transport(absent)), here.schema, each)
        assert (data_of(again), again.errors) == (result.data, result.errors)
        assert again.filtered == result.filtered
    refused = {
        ".".join(each.path): " ".join(each.error.extensions["reasons"])
        for each in restriction.refusals
    }
    requests = [(name, sent.text) for name, sent in transport.sent]
    shared = sharing.sharing.shared if sharing else frozenset()
    return Answer(result, work, refused, planned, requests, again.text is not None, bool(shared))
