"""Schema, policies and grants anew, while the gateway answers: built beside the old, then swapped.

A new version that cannot be used is refused with a message, and the old one stays.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from federation.errors import FederationError
from federation.gateway.access_log import AccessLog
from federation.gateway.composing import compose_apart
from federation.gateway.deciding import Building
from federation.gateway.interpreter import building_apart
from federation.gateway.live import LiveEngine
from federation.gateway.retiring import Retired
from federation.gateway.settings import Config
from federation.gateway.signing import ContextSigner
from federation.gateway.sources import (
    SubgraphSource,
    fetch_missing,
    keep,
    list_sources,
    read_kept,
    read_supergraph_text,
)
from federation.gateway.state import State, build_state
from federation.gateway.transports.tls import client_tls
from federation.gateway.watching import Signatures, read_signatures
from federation.supergraph import read_supergraph

if TYPE_CHECKING:
    from federation.gateway.engines import PolicySource
    from federation.gateway.pipeline import Gateway
    from federation.gateway.policy_store import Shared

FETCH_SECONDS = 10.0

Route = Callable[[Mapping[str, str]], None]
"""Tells a transport where subgraphs are."""


@dataclass(slots=True)
class Inputs:
    """What the present state and engine were made from.

    Attributes:
        policies: None with `--access open`.
        shared: What the policy store says; None without one.
        sources: Subgraphs with their SDL, or the supergraph's text; None before the first reload.
    """

    policies: PolicySource | None
    shared: Shared | None = None
    sources: tuple[SubgraphSource, ...] | str | None = None


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a reload changes in one step.

    Attributes:
        routes: Of the transports.
    """

    gateway: Gateway
    live: LiveEngine
    routes: tuple[Route, ...] = ()


class Reloader:
    """Replaces the state and the engine of one process.

    Attributes:
        fault: Why the last reload was refused; empty when it was not.
    """

    def __init__(
        self,
        config: Config,
        inputs: Inputs,
        building: Building,
        replaced: Replaced,
        signer: ContextSigner,
        log: AccessLog,
    ) -> None:
        self.fault = ""
        self._config = config
        self._inputs = inputs
        self._building = building
        self._gateway = replaced.gateway
        self._live = replaced.live
        self._routes = replaced.routes
        self._signer = signer
        self._log = log
        self._tasks: set[asyncio.Task[Any]] = set()
        self._turn = asyncio.Lock()
        self._swapping = asyncio.Lock()

    async def reload(self, *, schema: bool = True) -> str:
        """Takes up whatever has changed; why that was refused, or an empty text.

        Args:
            schema: Whether the schema is looked at too; subgraphs are asked for it again.
        """
        async with self._turn:
            try:
                state = await self._build_state() if schema else None
                policies = await self._building.read()
                catalogue = (state or self._gateway.state).catalogue
                await self._building.try_out(policies, catalogue)
                is_new = await self._swap(state, policies)
                self.fault = ""
            except FederationError as error:
                self.fault = error.message
                self._log.reload("refused", self.fault)
                return self.fault
            except Exception as error:  # noqa: BLE001 (what nobody foresaw must not end the watch)
                self.fault = "a fault of the gateway"
                self._log.fault("reload", error)
                return self.fault
        if is_new:
            revisions = f"schema {self._gateway.state.revision}, {self._live.current.revision}"
            self._log.reload("done", revisions)
        return ""

    def reload_soon(self) -> None:
        """Reloads in the background; what becomes of it is logged."""
        self._keep(asyncio.create_task(self.reload(), name="reload"))

    def _keep(self, task: asyncio.Task[Any]) -> None:
        # The loop keeps only weak references to tasks.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def revoke(self, shared: Shared) -> None:
        """Decides without the grants that the policy store says are revoked, before it returns.

        Raises:
            PolicyUnavailable: That cannot be done.
        """
        async with self._swapping:
            self._inputs.shared = shared
            await self._replace(self._gateway.state, self._inputs.policies)

    @asynccontextmanager
    async def watching(self, seconds: float, taken: Signatures) -> AsyncIterator[None]:
        """Reloads after files have changed, while the context lasts.

        Args:
            seconds: Between two looks.
            taken: How the files were before they were read last.
        """
        task = asyncio.create_task(self._watch(seconds, taken), name="file watch")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self, seconds: float, taken: Signatures) -> None:
        seen = taken
        while True:
            await asyncio.sleep(seconds)
            now = await asyncio.to_thread(read_signatures, self._config)
            # Taken up when they have rested for a moment: files are seldom written at once.
            if now == seen and now != taken:
                await self.reload(schema=now.schema != taken.schema)
                taken = now
            seen = now

    async def _build_state(self) -> State | None:
        """The state of the schema as it is now; None when it has not changed."""
        settings = self._config.schema
        read: tuple[SubgraphSource, ...] | str
        if settings.supergraph_file:
            read = sdl = await asyncio.to_thread(
                read_supergraph_text, Path(settings.supergraph_file)
            )
        else:
            sources = await asyncio.to_thread(list_sources, settings)
            limit = min(FETCH_SECONDS, self._config.server.start_limit_seconds)
            sign = self._signer.sign_for_gateway
            read = await fetch_missing(
                sources, sign, limit, lambda _: None, client_tls(self._config.subgraphs)
            )
            if read == self._inputs.sources:
                return None
            return await self._build_composed(read)
        if read == self._inputs.sources:
            return None
        with building_apart():
            state = await asyncio.to_thread(lambda: build_state(read_supergraph(sdl)))
        return self._take(read, state)

    async def _build_composed(self, sources: tuple[SubgraphSource, ...]) -> State | None:
        settings = self._config.schema
        kept = await asyncio.to_thread(read_kept, sources, settings)
        begin = time.monotonic()
        sdl = "" if kept is not None else await compose_apart(sources)
        seconds = time.monotonic() - begin
        with building_apart():
            supergraph = kept if kept is not None else await asyncio.to_thread(read_supergraph, sdl)
            state = await asyncio.to_thread(build_state, supergraph)
        if kept is None:
            await asyncio.to_thread(keep, sources, settings, supergraph, seconds)
        return self._take(sources, state)

    def _take(self, read: tuple[SubgraphSource, ...] | str, state: State) -> State | None:
        self._inputs.sources = read
        return None if state.revision == self._gateway.state.revision else state

    async def _swap(self, state: State | None, policies: PolicySource | None) -> bool:
        async with self._swapping:
            has_candidate = bool(self._config.access.candidate)
            if state is None and policies == self._inputs.policies and not has_candidate:
                return False
            await self._replace(state or self._gateway.state, policies)
            self._inputs.policies = policies
            self._building.keep(policies)
        return True

    async def _replace(self, state: State, policies: PolicySource | None) -> None:
        deciding = await self._building.build(
            policies, state.catalogue, self._inputs.shared, is_first=False
        )
        for route in self._routes:
            route({graph.name: graph.url for graph in state.supergraph.graphs})
        retired = None if state is self._gateway.state else Retired(self._gateway.state)
        # Without a pause in between: nobody asks the new catalogue about the old schema.
        self._gateway.state = state
        self._live.replace(deciding)
        if retired is not None:
            self._keep(asyncio.create_task(retired.give_back(), name="old state"))
