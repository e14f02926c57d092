"""One city for the whole suite."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.no_leak.city import City
from tests.no_leak.offices import Offices, open_offices


@pytest.fixture(scope="package")
def _shared_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with ExitStack() as stack:
        city = City(tmp_path_factory.mktemp("no-leak"), stack)
        yield city
        for stop in city.stops:
            stop()


@pytest.fixture
def city(_shared_city: City) -> Iterator[City]:
    yield _shared_city
    _shared_city.subgraphs.faults.clear()


@pytest.fixture(scope="package")
def offices(_shared_city: City) -> Iterator[Offices]:
    with pytest.MonkeyPatch.context() as environment:
        yield open_offices(_shared_city, environment)
