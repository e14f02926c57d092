"""The demo's supergraph, composed once for all tests that ask for it."""

import importlib
from functools import cache

from federation.composition import compose
from federation.subgraph import load_subgraph
from federation.supergraph import print_supergraph

DEPARTMENTS = (
    "public_security",
    "market_regulation",
    "human_resources",
    "housing_fund",
    "natural_resources",
    "tax",
    "health",
    "education",
)


@cache
def demo_supergraph() -> str:
    """Supergraph SDL of all departments."""
    subgraphs = [
        load_subgraph(
            name,
            f"http://{name}",
            importlib.import_module(f"subgraphs.{name}.schema").DEPARTMENT.schema.sdl,
        )
        for name in DEPARTMENTS
    ]
    composition = compose(subgraphs)
    assert composition.supergraph is not None, composition.diagnostics
    return print_supergraph(composition.supergraph)
