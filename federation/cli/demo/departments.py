"""The eight departments as the demo starts them, and as it asks them for the truth."""

from __future__ import annotations

import sys
import time
from typing import Any

import aiohttp

from federation.cli.demo.keys import DemoKeys
from federation.cli.demo.processes import Process, Processes
from federation.gateway.signing import CONTEXT_HEADER, ContextSigner

NAMES = (
    "public_security",
    "market_regulation",
    "human_resources",
    "housing_fund",
    "natural_resources",
    "tax",
    "health",
    "education",
)
FIRST_PORT = 14301


def start_departments(
    group: Processes, ports: list[int], keys: DemoKeys, database: str | None, size: str
) -> list[Process]:
    """Starts all departments, each on its own port and database."""
    environment = {"DATONG_CONTEXT_JWKS": keys.file("context.jwks.json")}
    started = []
    for name, port in zip(NAMES, ports, strict=True):
        command = [sys.executable, "-m", "subgraphs", name, "--port", str(port), "--size", size]
        if database:
            command += ["--database", database]
        started.append(group.start(name, f"http://127.0.0.1:{port}", command, environment))
    return started


class Departments:
    """Asks one department directly, as the gateway would, but without any filter.

    The demo checks its stories with what the departments themselves say.
    """

    def __init__(self, running: list[Process], keys: DemoKeys) -> None:
        self._urls = {process.name: process.url for process in running}
        self._signer = ContextSigner(keys.context, 60, 100, time.time)

    async def ask(self, name: str, query: str, **variables: Any) -> dict[str, Any]:
        """The data of one operation; errors are a fault of the demo.

        Raises:
            ValueError: The department answered with errors.
        """
        headers = {CONTEXT_HEADER: self._signer.sign_for_gateway(name, query)}
        body = {"query": query, "variables": variables}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self._urls[name]}/graphql", json=body, headers=headers) as reply,
        ):
            document = await reply.json()
        if document.get("errors"):
            raise ValueError(f"{name}: {document['errors'][0]['message']}")
        data: dict[str, Any] = document["data"]
        return data

    async def entity(self, name: str, typename: str, key: dict[str, Any], fields: str) -> Any:
        """Fields of one entity as a department holds them; None when it does not know it."""
        query = (
            "query ($representations: [_Any!]!) { _entities(representations: $representations) "
            f"{{ ... on {typename} {{ {fields} }} }} }}"
        )
        data = await self.ask(name, query, representations=[{"__typename": typename, **key}])
        return data["_entities"][0]
