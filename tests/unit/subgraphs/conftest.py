"""Served departments over the small world."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from subgraphs.__main__ import load_department
from subgraphs.toolkit.access_context import ContextVerifier, KeySet
from subgraphs.toolkit.app import build_app
from subgraphs.world.store import database_url, ensure
from tests.support.departments import Client, Gateway, served


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Database URL of a department; its changes end with the session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATONG_HOME", str(tmp_path_factory.mktemp("datong")))
        ensure(size="small")
        urls: dict[str, str] = {}

        def url(department: str) -> str:
            urls.setdefault(department, database_url(department, size="small"))
            return urls[department]

        yield url


@pytest.fixture(scope="session")
def client(
    small_world: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Client]]:
    """A client of a department, which is served from its first use on."""
    gateway = Gateway()
    keys: Path = gateway.publish(tmp_path_factory.mktemp("keys") / "jwks.json")
    clients: dict[str, Client] = {}
    with ExitStack() as stack:

        def get(name: str) -> Client:
            if name not in clients:
                verifier = ContextVerifier(name, KeySet(str(keys)))
                app = build_app(load_department(name), small_world(name), verifier)
                clients[name] = Client(stack.enter_context(served(app)), name, gateway)
            return clients[name]

        yield get
