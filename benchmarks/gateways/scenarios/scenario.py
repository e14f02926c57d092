"""What a scenario is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from federation.composition import SubgraphDocument, compose_documents
from federation.supergraph import Supergraph

FEDERATION = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: '
    '["@key", "@shareable", "@external", "@provides", "@requires"])\n'
)

SUBGRAPHS_PORT = 14200
"""The prototype's, which cannot be told another one."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A federated graph with data.

    Attributes:
        sdl: Of each subgraph, without the federation header; no two scenarios share a name.
        entity: The row that a representation stands for in a subgraph, with its ``__typename``.
        roots: Root fields of each subgraph; called with the resolver's info and the arguments.
        header: What stands before each SDL when it is composed.
    """

    name: str
    sdl: Mapping[str, str]
    entity: Callable[[str, Row], Row]
    roots: Mapping[str, Mapping[str, Callable[..., Any]]] = field(default_factory=dict)
    header: str = FEDERATION


def composed(scenario: Scenario, port: int = SUBGRAPHS_PORT) -> Supergraph:
    """A scenario's supergraph, for subgraphs that listen on this port."""
    documents = [
        SubgraphDocument(name, f"http://127.0.0.1:{port}/{name}", scenario.header + sdl)
        for name, sdl in scenario.sdl.items()
    ]
    composition = compose_documents(documents)
    assert composition.supergraph is not None, composition.diagnostics
    return composition.supergraph
