"""What stands between a subgraph that sends and a client that reads: a few events, and patience."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from federation.gateway.streams.payload import ClientTooSlow

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


class Buffer(Generic[Item]):
    """At most ``capacity`` items between one writer and one reader."""

    def __init__(self, capacity: int, patience_seconds: float) -> None:
        """Empty.

        Args:
            capacity: Items that wait for the reader.
            patience_seconds: How long the writer waits for room.
        """
        self._room = asyncio.Semaphore(capacity)
        self._items: asyncio.Queue[Item | _End] = asyncio.Queue()
        self._patience_seconds = patience_seconds

    async def put(self, item: Item) -> None:
        """Add an item, waiting for room.

        Raises:
            ClientTooSlow: There was none for too long.
        """
        try:
            async with asyncio.timeout(self._patience_seconds):
                await self._room.acquire()
        except TimeoutError:
            raise ClientTooSlow(
                f"the events of this subscription were not read for {self._patience_seconds:g} s"
            ) from None
        self._items.put_nowait(item)

    def end(self, error: BaseException | None = None) -> None:
        """Let the reader end, with the error it shall see; at once if there is one."""
        while error is not None and not self._items.empty():
            self._items.get_nowait()
        self._items.put_nowait(_End(error))

    async def items(self) -> AsyncGenerator[Item, None]:
        """What was put in, until the end."""
        while True:
            item = await self._items.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            self._room.release()
            yield item


@asynccontextmanager
async def fill(
    buffer: Buffer[Item], source: AsyncGenerator[Item, None]
) -> AsyncIterator[AsyncIterator[Item]]:
    """The buffer's items while a task fills it from ``source``, which is closed at the end."""
    task = asyncio.create_task(_fill(buffer, source))
    try:
        async with aclosing(buffer.items()) as items:
            yield items
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _fill(buffer: Buffer[Item], source: AsyncGenerator[Item, None]) -> None:
    error: BaseException | None = None
    try:
        async with aclosing(source):
            async for item in source:
                await buffer.put(item)
    except Exception as caught:  # noqa: BLE001 - the reader raises it
        error = caught
    buffer.end(error)
