"""Composition, driven by the folders in tests/cases."""

import pytest
from graphql import parse

from federation.composition import compose, compose_documents
from federation.errors import Diagnostic
from federation.subgraph import load_subgraph
from federation.supergraph import print_api_schema, print_supergraph, read_supergraph
from tests.support.cases import Case, all_cases, composing_cases, failing_cases
from tests.support.golden import Golden


@pytest.mark.parametrize("case", composing_cases(), ids=lambda case: case.id)
def test_composes_to_the_golden_supergraph(case: Case, golden: Golden) -> None:
    subgraphs = [
        load_subgraph(each.name, each.url, each.sdl, each.file) for each in case.subgraphs()
    ]

    composition = compose(subgraphs)

    assert composition.supergraph is not None, composition.diagnostics
    text = print_supergraph(composition.supergraph)
    assert read_supergraph(text) == composition.supergraph
    assert compose(reversed(subgraphs)) == composition
    parse(text)
    golden.check(case.folder / "supergraph.graphql", text)
    golden.check(case.folder / "api.graphql", print_api_schema(composition.supergraph))


@pytest.mark.parametrize("case", failing_cases(), ids=lambda case: case.id)
def test_reports_the_golden_diagnostics(case: Case, golden: Golden) -> None:
    code = case.folder.name.upper()

    composition = compose_documents(case.subgraphs())

    assert code in {each.code for each in composition.diagnostics}
    assert all(each.fix and each.locations for each in composition.diagnostics)
    assert (composition.supergraph is None) == bool(composition.errors)
    golden.check(
        case.folder / "diagnostics.txt", "\n".join(map(_print, composition.diagnostics)) + "\n"
    )


@pytest.mark.parametrize("case", list(all_cases()), ids=lambda case: case.id)
def test_every_case_says_what_it_shows(case: Case) -> None:
    readme = (case.folder / "README.md").read_text(encoding="utf-8").strip()

    assert 1 <= len(readme.splitlines()) <= 6


def _print(found: Diagnostic) -> str:
    lines = [f"{found.severity.value} {found.code} {found.coordinate or ''}".rstrip()]
    lines.append(f"  {found.message}")
    lines += [f"  at {location}" for location in found.locations]
    lines.append(f"  fix: {found.fix}")
    return "\n".join(lines) + "\n"
