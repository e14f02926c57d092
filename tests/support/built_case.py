"""A case folder, composed: all that planning and executing its operations takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from graphql import GraphQLSchema

from federation.composition import SubgraphDocument, compose
from federation.execution import ExecutionRequest, ExecutionResult, execute
from federation.operation import Limits, ParsedOperation, coerce_variables, parse_operation
from federation.planning import plan
from federation.query_graph import LabelledGraphs, QueryGraph
from federation.subgraph import load_subgraph
from federation.supergraph import build_api_schema
from federation.supergraph.model import Supergraph
from tests.support.case_world import CaseSubgraph, CaseTransport, World
from tests.support.cases import Case
from tests.support.memory_subgraph import federation_schema
from tests.support.subgraph_directives import Directives

WIDE = Limits(max_root_fields=1_000, max_aliases=1_000, max_fields=100_000, max_tokens=100_000)


@dataclass(frozen=True, slots=True)
class BuiltCase:
    """Everything that is made once for a case.

    Attributes:
        subgraph_schemas: What each subgraph really answers, by name.
    """

    case: Case
    supergraph: Supergraph
    schema: GraphQLSchema
    graph: QueryGraph
    subgraph_schemas: dict[str, GraphQLSchema]
    directives: dict[str, Directives]

    def parse(self, text: str) -> ParsedOperation:
        """An operation of the case."""
        return parse_operation(text, self.schema, None, WIDE)

    def world(self) -> World:
        """Fresh rows."""
        return World(self.supergraph, self.case.rows(), self.directives)

    def transport(self) -> CaseTransport:
        """The subgraphs over fresh rows."""
        world = self.world()
        return CaseTransport(
            CaseSubgraph(each.name, self.subgraph_schemas[each.name], world)
            for each in self.case.subgraphs()
        )

    def request(self, parsed: ParsedOperation, raw: dict[str, object]) -> ExecutionRequest:
        """The request with a client's variables."""
        return ExecutionRequest(variables=coerce_variables(parsed.variables, self.schema, raw))

    async def answer(
        self, parsed: ParsedOperation, request: ExecutionRequest, transport: CaseTransport
    ) -> ExecutionResult:
        """Plan and execute."""
        return await execute(plan(parsed.operation, self.graph), request, transport, self.schema)


@cache
def built(
    case: Case, *, is_reversed: bool = False, labels: frozenset[str] = frozenset()
) -> BuiltCase:
    """The case composed, its subgraphs given in order of name or the other way round.

    Args:
        labels: Of progressive overrides, switched on.
    """
    documents = case.subgraphs()[::-1] if is_reversed else case.subgraphs()
    composition = compose(
        load_subgraph(each.name, each.url, each.sdl, each.file) for each in documents
    )
    supergraph = composition.supergraph
    assert supergraph is not None, composition.errors
    lost = {lost for each in documents for lost in _lost(each, labels)}
    return BuiltCase(
        case=case,
        supergraph=supergraph,
        schema=build_api_schema(supergraph),
        graph=LabelledGraphs(supergraph).graph(labels),
        subgraph_schemas={each.name: federation_schema(each.sdl) for each in documents},
        directives={
            each.name: Directives(
                each.sdl,
                frozenset((owner, name) for loser, owner, name in lost if loser == each.name),
            )
            for each in documents
        },
    )


def _lost(document: SubgraphDocument, labels: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """Subgraph, type and field of each field that must not be read there."""
    for loser, owner, name, label in Directives(document.sdl).overrides():
        is_off = bool(label) and label not in labels
        yield (document.name if is_off else loser), owner, name
