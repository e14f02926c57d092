"""Composition: subgraphs to one supergraph, or all the reasons why not."""

from federation.composition.compose import compose
from federation.composition.model import Composition

__all__ = ["Composition", "compose"]
