"""Composition: subgraphs to one supergraph, or all the reasons why not."""

from federation.composition.compose import SubgraphDocument, compose, compose_documents
from federation.composition.model import Composition

__all__ = ["Composition", "SubgraphDocument", "compose", "compose_documents"]
