"""The query graph: types of each subgraph as nodes, the moves between them as edges."""

from federation.query_graph.build import build_query_graph
from federation.query_graph.labels import LabelledGraphs, names_in
from federation.query_graph.model import Key, Node, QueryGraph, SubgraphField, SubgraphType

__all__ = [
    "Key",
    "LabelledGraphs",
    "Node",
    "QueryGraph",
    "SubgraphField",
    "SubgraphType",
    "build_query_graph",
    "names_in",
]
