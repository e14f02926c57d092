"""One timer for many that have the same time."""

import asyncio

from federation.gateway.deadlines import Deadlines

SECONDS = 0.02


class Watched:
    """Says its name when it ends."""

    def __init__(self, name: str, ended: asyncio.Queue[str], *, fails: bool = False) -> None:
        self._name = name
        self._ended = ended
        self._fails = fails

    def expire(self) -> None:
        self._ended.put_nowait(self._name)
        if self._fails:
            raise ValueError(self._name)


async def test_what_is_not_forgotten_expires_once_in_the_order_in_which_it_began() -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Queue[str]()
    deadlines = Deadlines[Watched](SECONDS)
    began = loop.time()
    forgotten = Watched("forgotten", ended)
    for each in (forgotten, Watched("first", ended), Watched("second", ended)):
        deadlines.watch(each, loop)
    deadlines.forget(forgotten)
    deadlines.forget(forgotten)

    assert [await ended.get(), await ended.get()] == ["first", "second"]
    assert loop.time() - began >= SECONDS
    await asyncio.sleep(2 * SECONDS)
    assert ended.empty()


async def test_what_began_later_has_its_whole_time() -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Queue[str]()
    deadlines = Deadlines[Watched](SECONDS)
    deadlines.watch(Watched("early", ended), loop)
    await asyncio.sleep(SECONDS / 2)
    began = loop.time()
    deadlines.watch(Watched("late", ended), loop)

    assert [await ended.get(), await ended.get()] == ["early", "late"]
    assert loop.time() - began >= SECONDS


async def test_it_watches_again_after_nothing_was_left() -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Queue[str]()
    deadlines = Deadlines[Watched](SECONDS)
    for name in ("one", "two"):
        deadlines.watch(Watched(name, ended), loop)
        assert await ended.get() == name


async def test_a_fault_of_one_is_no_affair_of_the_others() -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Queue[str]()
    told: list[object] = []
    loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    deadlines = Deadlines[Watched](SECONDS)
    deadlines.watch(Watched("faulty", ended, fails=True), loop)
    deadlines.watch(Watched("other", ended), loop)

    assert [await ended.get(), await ended.get()] == ["faulty", "other"]
    assert [type(each) for each in told] == [ValueError]


async def test_what_is_drained_does_not_expire() -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Queue[str]()
    deadlines = Deadlines[Watched](SECONDS)
    watched = [Watched(name, ended) for name in "ab"]
    for each in watched:
        deadlines.watch(each, loop)

    assert deadlines.drain() == watched
    await asyncio.sleep(2 * SECONDS)
    assert ended.empty()
