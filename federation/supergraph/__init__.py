"""The merged schema: its model, its join-spec SDL, and the API schema that clients see."""

from federation.supergraph.api_schema import build_api_schema, print_api_schema
from federation.supergraph.governance import Governance, read_governance
from federation.supergraph.model import Supergraph
from federation.supergraph.printer import print_supergraph
from federation.supergraph.reader import read_supergraph

__all__ = [
    "Governance",
    "Supergraph",
    "build_api_schema",
    "print_api_schema",
    "print_supergraph",
    "read_governance",
    "read_supergraph",
]
