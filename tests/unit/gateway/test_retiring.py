"""A state that was replaced is freed without the collector, but not while it is used."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from federation.gateway import retiring
from federation.gateway.retiring import Retired
from federation.gateway.state import State, build_state
from tests.support.planned import composed

BODY = """
type Query { person(by: Page): Person  people: [Person!]! }
type Person @key(fields: "id") { id: ID!  friend: Person  of: Group }
interface Group { members: [Person!]! }
input Page { next: Page  first: Int = 10 }
"""


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


TYPES = ("Person", "Group", "Page")


def new_state() -> State:
    return build_state(composed({"people": BODY}))


def fields_of(state: State, name: str) -> dict[str, Any]:
    fields: dict[str, Any] = state.schema.type_map[name].fields  # type: ignore[attr-defined]
    return fields


@pytest.mark.usefixtures("uncollected")
async def test_fields_of_an_old_state_are_freed_although_they_are_parts_of_cycles() -> None:
    state = new_state()
    living = [weakref.ref(each) for name in TYPES for each in fields_of(state, name).values()]

    retired = Retired(state)
    del state
    await retired.give_back()

    assert [each() for each in living] == [None] * 6


@pytest.mark.usefixtures("uncollected")
async def test_a_state_stays_whole_while_somebody_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retiring, "_PAUSE_SECONDS", 0.01)
    state = new_state()

    giving_back = asyncio.create_task(Retired(state).give_back())
    await asyncio.sleep(0.1)

    assert not giving_back.done()
    assert set(fields_of(state, "Person")) == {"id", "friend", "of"}
    del state
    await asyncio.wait_for(giving_back, 5)


async def test_what_all_schemas_share_outlives_each_of_them() -> None:
    retired, other = Retired(new_state()), new_state()

    await retired.give_back()

    assert fields_of(other, "__Schema")
    assert fields_of(other, "Person")
