"""Whose turn it is to have something new prepared, and when it is too much."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from federation.gateway.messages import refuse
from federation.gateway.settings import Preparing
from federation.gateway.turns import PreparationExhausted, TooManyNewOperations, Turns


class Bench:
    """Work that begins when its turn comes, and ends when it is told to."""

    def __init__(self, limits: Preparing | None = None) -> None:
        self.turns = Turns(limits or Preparing())
        self.begun: list[str] = []
        self._may_end = threading.Semaphore(0)

    def ask(self, caller: str, name: str) -> asyncio.Task[str]:
        return asyncio.ensure_future(self.turns.take(caller, name, self.work(name)))

    def work(self, name: str) -> Callable[[], str]:
        def work() -> str:
            self.begun.append(name)
            self._may_end.acquire()
            return name.upper()

        return work

    async def settle(self) -> None:
        """All that were asked have taken their places."""
        for _ in range(3):
            await asyncio.sleep(0)

    def finish(self, pieces: int = 100) -> None:
        self._may_end.release(pieces)


async def test_callers_take_turns_whatever_each_has_waiting() -> None:
    bench = Bench()
    asked = [bench.ask("li", name) for name in ("l1", "l2", "l3", "l4")]
    await bench.settle()
    asked += [bench.ask("wang", "w1"), bench.ask("zhao", "z1"), bench.ask("wang", "w2")]
    await bench.settle()

    bench.finish()

    assert await asyncio.gather(*asked) == ["L1", "L2", "L3", "L4", "W1", "Z1", "W2"]
    assert bench.begun == ["l1", "l2", "w1", "z1", "l3", "w2", "l4"]


async def test_only_one_piece_has_its_turn_and_the_loop_goes_on() -> None:
    bench = Bench()
    asked = [bench.ask("li", "l1"), bench.ask("wang", "w1")]

    # The loop is not held up by the piece that waits to be told to end.
    await asyncio.sleep(0.05)

    assert bench.begun == ["l1"]
    assert bench.turns.waiting == 1
    bench.finish()
    await asyncio.gather(*asked)
    assert bench.turns.waiting == 0


async def test_who_wants_the_same_shares_it() -> None:
    bench = Bench()
    asked = [bench.ask(caller, "same") for caller in ("li", "wang", "zhao")]
    await bench.settle()

    bench.finish(1)

    assert await asyncio.gather(*asked) == ["SAME"] * 3
    assert bench.begun == ["same"]


async def test_one_caller_has_only_so_much_waiting() -> None:
    bench = Bench(Preparing(max_waiting_per_caller=2))
    asked = [bench.ask("li", name) for name in ("l1", "l2", "l3")]
    await bench.settle()

    with pytest.raises(TooManyNewOperations) as caught:
        await bench.ask("li", "l4")

    answer = refuse(caught.value, "1")
    assert (answer.status, answer.headers["retry-after"]) == (429, "1")
    same = bench.ask("li", "l3")
    other = bench.ask("wang", "w1")
    bench.finish()
    assert await asyncio.gather(*asked, same, other) == ["L1", "L2", "L3", "L3", "W1"]


async def test_all_callers_have_only_so_much_waiting() -> None:
    bench = Bench(Preparing(max_waiting=2))
    asked = [bench.ask(caller, caller) for caller in ("li", "wang", "zhao")]
    await bench.settle()

    with pytest.raises(PreparationExhausted) as caught:
        await bench.ask("sun", "s")

    answer = refuse(caught.value, "1")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    bench.finish()
    await asyncio.gather(*asked)
    assert await bench.ask("sun", "s") == "S"


async def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    bench = Bench()
    first, gone, shared = (bench.ask("li", name) for name in ("l1", "l2", "l3"))
    staying = bench.ask("wang", "l3")
    await bench.settle()

    gone.cancel()
    shared.cancel()
    await bench.settle()
    bench.finish()

    assert [await first, await staying] == ["L1", "L3"]
    assert bench.begun == ["l1", "l3"]
    assert bench.turns.waiting == 0


async def test_a_fault_is_everybodys_who_waited_and_ends_nothing_else() -> None:
    turns = Turns(Preparing())

    def fail() -> None:
        raise ValueError("broken")

    asked = [turns.take(caller, "fails", fail) for caller in ("li", "wang")]
    found = await asyncio.gather(*asked, return_exceptions=True)

    assert [str(each) for each in found] == ["broken", "broken"]
    assert await turns.take("li", "goes on", lambda: 1) == 1


async def test_a_fault_that_nobody_waits_for_is_forgotten() -> None:
    turns = Turns(Preparing())
    begun, may_end = threading.Event(), threading.Event()

    def fail() -> None:
        begun.set()
        may_end.wait()
        raise ValueError("broken")

    gone = asyncio.ensure_future(turns.take("li", "fails", fail))
    await asyncio.to_thread(begun.wait)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    may_end.set()

    assert await turns.take("li", "goes on", lambda: 1) == 1


async def test_work_of_the_gateways_own_takes_its_turn_as_that_of_one_caller() -> None:
    bench = Bench()
    made: list[str] = []
    asked = [bench.ask("li", "l1"), bench.ask("li", "l2")]
    await bench.settle()

    for name in ("own", "own", "other"):
        bench.turns.later(name, bench.work(name), made.append)
    # Behind the gateway's second piece, since callers take turns.
    asked += [bench.ask("wang", "w1"), bench.ask("wang", "w2")]
    await bench.settle()
    bench.finish()
    await asyncio.gather(*asked)

    assert bench.begun == ["l1", "l2", "own", "w1", "other", "w2"]
    assert made == ["OWN", "OTHER"]


async def test_work_of_the_gateways_own_is_left_where_too_much_waits() -> None:
    bench = Bench(Preparing(max_waiting=1))
    made: list[str] = []
    asked = [bench.ask("li", "l1"), bench.ask("wang", "w1")]
    await bench.settle()

    bench.turns.later("own", bench.work("own"), made.append)
    bench.finish()
    await asyncio.gather(*asked)
    await bench.settle()

    assert bench.begun == ["l1", "w1"]
    assert made == []
