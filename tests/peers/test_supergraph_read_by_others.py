"""@apollo/gateway serves the supergraphs that we print, over the pack's real subgraphs."""

from collections.abc import Iterator
from typing import Any

import pytest

from federation.supergraph import print_supergraph
from tests.peers.pack import SUITES, TESTS, composed, documents, run
from tests.peers.peers import Peers

# These three it also fails with a supergraph of its own: it sends what the client asked of a field
# where the requirement asks the same field with other arguments.
FAILED_BY_ITSELF = {
    "requires-with-argument-2",
    "requires-with-argument-3",
    "requires-with-argument-4",
}


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address under which all subgraphs of all suites answer."""
    with run.serving(SUITES) as url:
        yield url


@pytest.mark.timeout(300)
@pytest.mark.parametrize("suite_id", SUITES)
def test_apollo_gateway_answers_from_our_supergraph(suite_id: str, base: str, peers: Peers) -> None:
    peers.load(print_supergraph(composed(documents(suite_id, base))))

    failed = {}
    for case in (each for each in TESTS if each.suite == suite_id):
        SUITES[suite_id].reset()
        answer: dict[str, Any] = peers.execute(case.query)
        reason = run.verdict(case.expected, answer, strict=True)
        if reason:
            failed[case.id] = reason

    assert failed.keys() == {each for each in FAILED_BY_ITSELF if each.startswith(f"{suite_id}-")}
