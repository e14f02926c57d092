"""The department of the guide is published, checked, run and filtered as the guide says."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from subgraphs.toolkit.access_context import ContextVerifier, KeySet
from subgraphs.toolkit.app import build_app
from tests.docs.blocks import ROOT, blocks
from tests.docs.console import Console, reader
from tests.support.departments import Client, Gateway, served

PAGE = ROOT / "docs" / "departments.md"
MODULES = ("library_service", "library_graph", "library_tables")
# The example of the page, word for word.
FILTER = {"Loan": {"field": "regionCode", "op": "starts_with", "value": "990102"}}


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """A reader's folder."""
    with reader(tmp_path, "4000", "14301", "14310") as found:
        yield found


@pytest.fixture
def library(console: Console, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The guide's department behind a gateway."""
    for block in blocks(PAGE):
        if block.file:
            console.play(block)
    monkeypatch.chdir(console.folder)
    monkeypatch.syspath_prepend(str(console.folder))
    service, graph, _ = (importlib.import_module(name) for name in MODULES)
    service.fill()
    gateway = Gateway()
    keys = gateway.publish(console.folder / "jwks.json")
    app = build_app(graph.DEPARTMENT, service.URL, ContextVerifier("library", KeySet(str(keys))))
    with served(app) as port:
        yield Client(port, "library", gateway)
    for name in MODULES:
        del sys.modules[name]


@pytest.mark.timeout(120)
def test_every_command_of_the_guide_prints_what_the_page_says(console: Console) -> None:
    for block in blocks(PAGE):
        console.play(block)


def test_rows_and_counts_of_the_guide_are_filtered(library: Client) -> None:
    query = "{ loans { totalCount edges { node { loanNumber } } } }"

    found = library.ask(query, FILTER).data["loans"]

    assert found["totalCount"] == 2
    assert [edge["node"]["loanNumber"] for edge in found["edges"]] == ["L1", "L2"]


def test_a_hidden_row_of_the_guide_looks_like_one_that_does_not_exist(library: Client) -> None:
    keys = [{"__typename": "Loan", "loanNumber": number} for number in ("L1", "L3", "none")]

    found = library.entities("{ ... on Loan { title } }", *keys, filters=FILTER)

    assert found.data["_entities"] == [{"title": "Dream of the Red Chamber"}, None, None]
