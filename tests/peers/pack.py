"""The shared conformance pack: its suites, and what a composer needs of each."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from federation.composition import SubgraphDocument, compose_documents
from federation.supergraph.model import Supergraph
from tests.peers.peers import Document

PACK = Path(__file__).parents[2].parent / "shared" / "conformance"
if not PACK.is_dir():
    pytest.skip("no shared/conformance beside the checkout", allow_module_level=True)
sys.path.insert(0, str(PACK))
# The pack's modules are scripts beside each other: found by name, and without types.
run: Any = importlib.import_module("run")

SUITES: dict[str, Any] = run.load_suites()
TESTS: list[Any] = list(run.cases(SUITES))


def documents(suite_id: str, base: str = "http://pack") -> list[Document]:
    """The subgraphs of a suite, answering under a base address."""
    found: list[Document] = run.subgraphs_of(SUITES[suite_id], base)
    return found


def composed(subgraphs: list[Document]) -> Supergraph:
    """Our supergraph of subgraphs that compose."""
    composition = compose_documents(
        SubgraphDocument(each["name"], each["url"], each["sdl"]) for each in subgraphs
    )
    assert composition.supergraph is not None, composition.errors
    return composition.supergraph
