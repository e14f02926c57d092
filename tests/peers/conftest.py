"""The peers, one Node process for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.peers.peers import Peers, PeersUnavailable
from tests.peers.peers import peers as running_peers


@pytest.fixture(scope="session")
def peers() -> Iterator[Peers]:
    """The peers; without Node or npm's registry the test is skipped."""
    try:
        with running_peers() as found:
            yield found
    except PeersUnavailable as missing:
        pytest.skip(f"no peers to compare with: {missing}")
