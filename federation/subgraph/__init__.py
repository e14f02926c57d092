"""Loading one subgraph's SDL: links and renames resolved, federation 1 and 2 read alike."""

from federation.subgraph.load import load_subgraph
from federation.subgraph.model import Subgraph

__all__ = ["Subgraph", "load_subgraph"]
