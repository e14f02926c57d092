"""Which fields name what an operation releases, what they find, and that answers stay the same."""

from typing import Any

import pytest
from msgspec.structs import replace

from federation.audit import (
    EVERYTHING,
    NamedPlan,
    NameHashes,
    build_identities,
    find_names,
    pages,
    plan_with_names,
    touched,
)
from federation.audit.names import Found
from federation.audit.record import TouchedEntities
from federation.audit.touched import told
from federation.catalogue import build_catalogue
from federation.composition import compose
from federation.execution import ExecutionRequest, ExecutionResult, compile_typed, execute
from federation.gateway.recording import touched_by
from federation.operation import parse_operation
from federation.planning import plan
from federation.query_graph import build_query_graph
from federation.subgraph import load_subgraph
from federation.supergraph import Supergraph, build_api_schema
from tests.support.as_bytes import AsBytes, data_of
from tests.support.built_case import WIDE, built
from tests.support.cases import CaseOperation, case_operations
from tests.support.found_names import texts_of
from tests.support.memory_subgraph import MemorySubgraph, MemoryTransport, Resolver, Row

HEADER = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@inaccessible"])
  @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@dataSubject"])
directive @dataSubject on FIELD_DEFINITION
"""
POPULATION = f"""{HEADER}
type Query {{ citizen(id: ID!): Citizen certificates: [Certificate!]! companies: [Company!] }}
type Citizen @key(fields: "id") @key(fields: "number") {{
  id: ID! number: String! @dataSubject @inaccessible name: String nick: String! spouse: Citizen
}}
interface Certificate {{ title: String }}
type Licence implements Certificate @key(fields: "org {{ code }} serial") {{
  title: String org: Org! serial: Int!
}}
type Diploma implements Certificate {{ title: String holder: String @dataSubject }}
type Photo implements Certificate {{ title: String }}
type Org {{ code: String! }}
type Company @key(fields: "code") {{ code: ID! name: String! }}
"""
FUND = f"""{HEADER}
type Query {{ accounts: [Citizen!] }}
type Citizen @key(fields: "id") {{ id: ID! balance: Int }}
"""


def rows() -> list[Row]:
    return [
        {"id": "1", "number": " 99x", "name": "Ann", "nick": "a", "spouse": {"id": "2"}},
        {"id": "2", "number": "9902", "name": None, "nick": None, "spouse": None},
    ]


class Town:
    """Two subgraphs in memory, and what a query to them gives and names."""

    def __init__(self, people: list[Row] | None = None) -> None:
        self.supergraph = _composed({"population": POPULATION, "fund": FUND})
        self.schema = build_api_schema(self.supergraph)
        self.graph = build_query_graph(self.supergraph)
        people = rows() if people is None else people
        citizen: Resolver = lambda _, given: next(  # noqa: E731
            (each for each in people if each["id"] == given["id"]), None
        )
        root: Row = {
            "certificates": [
                {"__typename": "Licence", "title": "L", "org": {"code": "o"}, "serial": 7},
                {"__typename": "Diploma", "title": "D", "holder": "９９０２"},
                {"__typename": "Photo", "title": "P"},
            ],
            "companies": [{"code": "c1", "name": "A"}, {"code": "c2", "name": "B"}],
        }
        self.transport = MemoryTransport(
            {
                "population": MemorySubgraph(
                    POPULATION,
                    {"Citizen": people, "Query": [root]},
                    {("Query", "citizen"): citizen},
                ),
                "fund": MemorySubgraph(
                    FUND,
                    {
                        "Citizen": [{"id": "1", "balance": 5}, {"id": "3", "balance": 6}],
                        "Query": [{"accounts": [{"id": "1"}, {"id": "3"}]}],
                    },
                ),
            }
        )

    def plan(self, query: str) -> NamedPlan:
        operation = parse_operation(query, self.schema, None, WIDE).operation
        return plan_with_names(operation, self.graph, _identities(self.supergraph))

    async def ask(self, query: str) -> tuple[ExecutionResult, dict[tuple[str, str], list[str]]]:
        named = self.plan(query)
        result = await execute(named.plan, ExecutionRequest(), self.transport, self.schema)
        found = find_names(result.tree, result.data, named.names)
        assert not (found.unnamed and named.unnamed)
        return result, {of: sorted(names) for of, names in texts_of(found).items()}


def _composed(documents: dict[str, str]) -> Supergraph:
    composition = compose(
        load_subgraph(name, f"http://{name}", sdl) for name, sdl in documents.items()
    )
    assert composition.supergraph is not None, composition.errors
    return composition.supergraph


def _identities(supergraph: Supergraph) -> Any:
    return build_identities(supergraph, build_catalogue(supergraph))


def _told(found: Found) -> object:
    return texts_of(found), found.unnamed


async def test_objects_of_a_place_that_is_asked_for_twice_are_counted_once() -> None:
    town = Town()
    query = "query($x: Boolean!) { accounts { balance } accounts @include(if: $x) { balance } }"
    for asked, shown in (("{ accounts { balance } }", {}), (query, {"x": True})):
        named = town.plan(asked)

        work = ExecutionRequest(variables=shown)
        result = await execute(named.plan, work, town.transport, town.schema)

        found = find_names(result.tree, result.data, named.names)
        assert found.unnamed == {("Citizen", "subject"): 1}


async def test_persons_are_named_by_a_field_that_is_hidden_and_was_not_selected() -> None:
    result, names = await Town().ask('{ citizen(id: "1") { name spouse { name } } }')

    assert result.data == {"citizen": {"name": "Ann", "spouse": {"name": None}}}
    assert names == {("Citizen", "subject"): ["9902", "99X"]}


async def test_other_entities_are_named_by_their_key_and_values_by_nothing() -> None:
    result, names = await Town().ask(
        "{ certificates { title } companies { called: name code: __typename } }"
    )

    assert result.data["certificates"][2] == {"title": "P"}  # type: ignore[index]
    assert names == {
        ("Company", "key code"): ["C1", "C2"],
        ("Diploma", "subject"): ["9902"],
        ("Licence", "key org{code} serial"): ['[{"code": "O"}, "7"]'],
    }


async def test_an_interfaces_only_type_is_named_by_its_whole_key() -> None:
    sdl = f"""{HEADER}
    type Query {{ papers: [Paper!] deed: Deed }}
    interface Paper {{ id: ID! }}
    type Deed implements Paper @key(fields: "id office") {{ id: ID! office: ID! }}"""
    deed = {"__typename": "Deed", "id": "1", "office": "a"}
    root: Row = {"papers": [deed], "deed": deed}
    supergraph = _composed({"deeds": sdl})
    schema, graph = build_api_schema(supergraph), build_query_graph(supergraph)
    transport = MemoryTransport({"deeds": MemorySubgraph(sdl, {"Query": [root]})})

    for query in ("{ papers { id } }", "{ papers { __typename } }", "{ deed { id } }"):
        operation = parse_operation(query, schema, None, WIDE).operation
        named = plan_with_names(operation, graph, _identities(supergraph))
        result = await execute(named.plan, ExecutionRequest(), transport, schema)

        found = find_names(result.tree, result.data, named.names)
        assert texts_of(found) == {("Deed", "key id office"): {'["1", "A"]'}}


async def test_the_subject_is_fetched_from_where_it_is() -> None:
    result, names = await Town().ask("{ accounts { balance } }")

    assert result.data == {"accounts": [{"balance": 5}, {"balance": 6}]}
    assert names == {("Citizen", "subject"): ["99X"]}


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("{ accounts { balance } }", []),
        ("{ accounts { balance name } }", [("accounts",)]),
        ("{ accounts { balance spouse { id } } }", [("accounts",)]),
    ],
)
async def test_clients_are_told_of_no_failure_but_in_what_they_asked_for(
    query: str, paths: list[object]
) -> None:
    town = Town()
    town.transport = MemoryTransport({"fund": town.transport.subgraphs["fund"]})

    result, names = await town.ask(query)

    assert [error.path for error in result.errors] == paths
    assert names == {}


async def test_what_null_took_away_was_not_released() -> None:
    town = Town()

    result, names = await town.ask('{ citizen(id: "1") { name spouse { nick } } }')

    assert result.data == {"citizen": {"name": "Ann", "spouse": None}}
    assert names == {("Citizen", "subject"): ["99X"]}


async def test_what_was_fetched_beside_what_is_shown_was_not_released() -> None:
    town = Town()
    named = town.plan(
        "query ($all: Boolean!)"
        " { accounts @include(if: $all) { spouse { name } } accounts { name } }"
    )
    digests = []
    for is_all in (False, True):
        request = ExecutionRequest(variables={"all": is_all})
        result = await execute(named.plan, request, town.transport, town.schema)
        assert "spouse" in result.tree["accounts"][0]
        assert ("spouse" in str(result.data)) is is_all
        (entities,) = touched_by(result, named, NameHashes(b"k" * 32))
        digests.append(len(entities.digests))

    assert digests == [1, 2]


async def test_an_object_without_its_name_is_counted() -> None:
    town = Town()
    named = town.plan("{ accounts { balance } }")
    result = await execute(named.plan, ExecutionRequest(), town.transport, town.schema)

    (entities,) = touched(result.tree, EVERYTHING, named, NameHashes(b"k" * 32))

    assert (entities.type, entities.by, len(entities.digests)) == ("Citizen", "subject", 1)
    assert entities.unnamed == 1


async def test_one_result_is_told_to_every_request_alike() -> None:
    town = Town()
    named = town.plan("{ accounts { balance } }")
    result = await execute(named.plan, ExecutionRequest(), town.transport, town.schema)
    found = find_names(result.tree, EVERYTHING, named.names)

    first = told(found, named, NameHashes(b"k" * 32))

    assert first[0].unnamed == 1
    assert told(found, named, NameHashes(b"k" * 32)) == first


def test_what_is_selected_anyway_costs_nothing() -> None:
    town = Town()
    query = "{ companies { code name } }"
    operation = parse_operation(query, town.schema, None, WIDE).operation

    assert town.plan(query).plan == plan(operation, town.graph)


def test_where_nothing_is_to_be_named_the_plan_is_the_plan() -> None:
    town = Town()
    operation = parse_operation("{ citizen(id: 1) { name } }", town.schema, None, WIDE).operation

    named = plan_with_names(operation, town.graph, {})

    assert named.plan == plan(operation, town.graph)
    assert not named.names


async def test_a_type_whose_name_cannot_be_reached_is_said_to_be_unnamed() -> None:
    here = f'{HEADER} type Query {{ a: A }} type A @key(fields: "id") {{ id: ID! x: Int }}'
    there = f"""{HEADER} type A @key(fields: "code") {{
      code: ID! @inaccessible number: String @dataSubject @inaccessible
    }}"""
    supergraph = _composed({"here": here, "there": there})
    operation = parse_operation("{ a { x } }", build_api_schema(supergraph), None, WIDE).operation

    named = plan_with_names(operation, build_query_graph(supergraph), _identities(supergraph))

    assert named.unnamed == ("A",)
    assert touched({"a": {"x": 1}}, EVERYTHING, named, NameHashes(b"k" * 32)) == (
        TouchedEntities(type="A", by="none"),
    )


def test_many_digests_go_into_pages_and_none_is_lost() -> None:
    many = TouchedEntities(
        type="A", by="subject", digests=tuple(f"{n:05}" for n in range(2_500)), unnamed=3
    )
    few = TouchedEntities(type="B", by="key id", digests=("x", "y"))

    made = pages((many, few), [f"s{n}" for n in range(1_001)])

    sizes = [sum(len(each.digests) for each in some) + len(people) for some, people in made]
    assert max(sizes) <= 1_000
    assert [d for some, _ in made for e in some if e.type == "A" for d in e.digests] == list(
        many.digests
    )
    assert sum(e.unnamed for some, _ in made for e in some) == 3
    assert [p for _, people in made for p in people] == [f"s{n}" for n in range(1_001)]
    assert pages((), ()) == [((), ())]


@pytest.mark.parametrize("asked", case_operations(), ids=lambda asked: asked.id)
async def test_naming_changes_no_answer(asked: CaseOperation) -> None:
    case = built(asked.case)
    parsed = case.parse(asked.text)
    request = case.request(parsed, asked.variables())
    plain = await case.answer(parsed, request, case.transport())

    named = plan_with_names(parsed.operation, case.graph, _identities(case.supergraph))
    keeping = replace(request, keeps_tree=True)
    for code in (None, compile_typed(named.plan, keeping, case.schema)):
        transport = AsBytes(case.transport())
        result = await execute(named.plan, keeping, transport, case.schema, code)

        data = data_of(result)
        assert data == plain.data
        assert list(data or ()) == list(plain.data or ())
        if not result.errors:
            # Two ways to the same names: place by place, and beside the response.
            at_once = find_names(result.tree, EVERYTHING, named.names)
            beside = find_names(result.tree, data, named.names)
            assert _told(at_once) == _told(beside)
        assert {error.path for error in result.errors} == {error.path for error in plain.errors}
