"""An intent is written of what is not released within a moment, and of nothing else."""

import asyncio
import gc
import weakref

from federation.gateway.intents import Intents


class Query:
    """A request whose intent becomes durable when a test lets it."""

    def __init__(self, name: str, written: list[str]) -> None:
        self._name = name
        self._written = written
        self.durable: asyncio.Future[None] | None = None

    def append_intent(self) -> asyncio.Future[None]:
        self._written.append(self._name)
        self.durable = asyncio.get_running_loop().create_future()
        return self.durable

    def expire(self) -> None:
        self.append_intent()


async def test_what_is_released_at_once_has_no_intent() -> None:
    intents, written = Intents(0.02), list[str]()
    for number in range(50):
        query = Query(str(number), written)
        intents.expect(query)
        intents.forgo(query)
    await asyncio.sleep(0.1)

    assert written == []


async def test_what_takes_longer_has_one_intent_in_the_order_of_beginning() -> None:
    intents, written = Intents(0.3), list[str]()
    queries = [Query(name, written) for name in "abcd"]
    for query in queries:
        intents.expect(query)
        await asyncio.sleep(0.001)
    intents.forgo(queries[1])
    soon = list(written)
    await asyncio.sleep(0.6)
    intents.forgo(queries[0])

    assert soon == []
    assert written == ["a", "c", "d"]


async def test_one_that_comes_later_is_watched_too() -> None:
    intents, written = Intents(0.05), list[str]()
    for name in "ab":
        query = Query(name, written)
        intents.expect(query)
        await asyncio.sleep(0.12)

    assert written == ["a", "b"]


async def test_without_patience_each_has_its_intent_at_once() -> None:
    intents, written = Intents(0), list[str]()
    query = Query("a", written)
    intents.expect(query)
    intents.forgo(query)

    assert written == ["a"]


async def test_at_the_end_the_intents_of_what_still_runs_are_durable() -> None:
    intents, written = Intents(60), list[str]()
    running, late = Query("a", written), Query("b", written)
    intents.expect(running)
    closing = asyncio.ensure_future(intents.close())
    await asyncio.sleep(0.01)
    was_closed = closing.done()
    assert running.durable is not None
    running.durable.set_exception(OSError("the disk is full"))
    await closing
    intents.expect(late)

    assert not was_closed
    assert written == ["a", "b"]


async def test_nothing_is_kept_of_requests_that_have_ended() -> None:
    intents, written = Intents(0.02), list[str]()
    released, slow = Query("released", written), Query("slow", written)
    kept = [weakref.ref(released), weakref.ref(slow)]
    intents.expect(released)
    intents.expect(slow)
    intents.forgo(released)
    await asyncio.sleep(0.1)
    del released, slow
    gc.collect()

    assert written == ["slow"]
    assert [each() for each in kept] == [None, None]
