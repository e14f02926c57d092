"""A process's right to decide: it ends by itself unless the policy store renews it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from federation.errors import PolicyUnavailable
from federation.gateway.policy_store import (
    LEASE_SECONDS,
    Member,
    PolicyStore,
    PolicyStoreUnavailable,
    Shared,
)

RENEW_SECONDS = 0.4

Apply = Callable[[Shared], Awaitable[None]]
"""Makes this process decide by these revocations, before it returns."""

Reload = Callable[[], Awaitable[str]]
"""Builds everything anew; why that was refused, or an empty text."""

Tell = Callable[[Exception], None]
"""Takes what nobody foresaw."""


class Lease:
    """Whether this process may decide now, and what it knows to be revoked.

    Attributes:
        known: How many revocations.
        consents: Ids of revoked consents.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.known = -1
        self.consents: frozenset[str] = frozenset()
        self._clock = clock
        self._until = float("-inf")

    def check(self) -> None:
        """Returns while the lease runs; a process that was stopped for a while finds it over.

        Raises:
            PolicyUnavailable: Something may be revoked that this process does not know of.
        """
        if self._clock() >= self._until:
            raise PolicyUnavailable(
                "this gateway has lost touch with the policy store and decides nothing until it"
                " is back"
            )

    async def fault(self) -> str | None:
        """The same as words for `/ready`."""
        try:
            self.check()
        except PolicyUnavailable as error:
            return error.message
        return None

    def renew(self, asked_at: float) -> None:
        """The store renewed the lease some time after it was asked."""
        self._until = asked_at + LEASE_SECONDS

    def know(self, shared: Shared) -> None:
        """Takes over what the store says is revoked."""
        self.known, self.consents = shared.revocations, shared.consents

    def now(self) -> float:
        """Seconds by the clock of the lease."""
        return self._clock()


class Membership:
    """Renews the lease of one process and does what the store calls for."""

    def __init__(
        self,
        store: PolicyStore,
        name: str,
        lease: Lease,
        apply: Apply,
        reload: Reload,
        tell: Tell = lambda _: None,
    ) -> None:
        """Prepares.

        Args:
            store: Where the lease is held.
            name: Of this process, different from all others.
            lease: Renewed here; it knows what the engine was built with.
            apply: Called for each revocation.
            reload: Called when somebody calls for a reload.
            tell: Called with a fault that nobody foresaw, once while it lasts.
        """
        self._store = store
        self._lease = lease
        self._apply = apply
        self._reload = reload
        self._tell = tell
        self._me = Member(name, revocations=lease.known, reloads=-1)
        self._reloading: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Holds the lease while the context lasts.

        Raises:
            PolicyStoreUnavailable: The store cannot be used at the start.
        """
        await self._renew()
        task = asyncio.create_task(self._keep(), name="policy lease")
        try:
            yield
        finally:
            tasks = [each for each in (task, self._reloading) if each is not None]
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(PolicyStoreUnavailable):
                await self._store.leave(self._me.name)

    async def _keep(self) -> None:
        told = ""
        while True:
            # While the store is away the lease runs out, and with it every permission.
            try:
                await self._renew()
                told = ""
            except (PolicyStoreUnavailable, PolicyUnavailable):
                pass
            except Exception as error:  # noqa: BLE001 (nothing may end the renewing for good)
                if repr(error) != told:
                    told = repr(error)
                    self._tell(error)
            await asyncio.sleep(RENEW_SECONDS)

    async def _renew(self) -> None:
        while True:
            asked_at = self._lease.now()
            shared = await self._store.renew(self._me)
            self._call(shared)
            if shared.revocations == self._me.revocations:
                self._lease.renew(asked_at)
                return
            self._lease.know(shared)
            await self._apply(shared)
            self._me = Member(self._me.name, shared.revocations, self._me.reloads, self._me.fault)

    def _call(self, shared: Shared) -> None:
        """Starts a reload that is called for; leases are renewed while it lasts."""
        if self._me.reloads < 0:
            self._answer(shared.reloads, "")
        elif shared.reloads != self._me.reloads and self._reloading is None:
            self._reloading = asyncio.create_task(self._reload_for(shared.reloads), name="reload")

    async def _reload_for(self, number: int) -> None:
        try:
            self._answer(number, await self._reload())
        finally:
            self._reloading = None

    def _answer(self, number: int, fault: str) -> None:
        self._me = Member(self._me.name, self._me.revocations, number, fault)


async def wait_for_all(store: PolicyStore, number: int) -> list[Member]:
    """Waits until nobody decides without the revocation of this number.

    Returns:
        Processes that did not answer: their leases have run out, so that they deny.

    Raises:
        PolicyStoreUnavailable: The store cannot be asked.
    """
    while True:
        behind = [each for each in await store.members() if each.revocations < number]
        if not any(each.is_alive for each in behind):
            return behind
        await asyncio.sleep(0.02)
