"""Settings shared by all tests: golden files and how many cases hypothesis makes up."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.support.golden import Golden

# Whoever runs the tests may be on a terminal of any width or none: what they see must not matter.
os.environ.pop("COLUMNS", None)
os.environ["TERM"] = "xterm"

# The time of one example depends on what else the machine does; the limit per test stays.
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update-golden."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """The comparison with golden files, in the mode the command line asks for."""
    return Golden(update=bool(request.config.getoption("--update-golden")))
