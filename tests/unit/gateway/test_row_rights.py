"""Second questions: asked where the first leaves the right to rows open, and shared."""

from dataclasses import replace

import pytest

from federation.access import AccessRequest, Decision, Effect, RowQuestion
from federation.errors import PolicyUnavailable
from federation.gateway.deciding import Deciding
from federation.gateway.live import LiveEngine
from federation.gateway.row_rights import RowRights
from tests.unit.access.world import decide, index, question


class Engine:
    """Denies the citizen's name, and gives equal questions the same decision as a cache does."""

    def __init__(self) -> None:
        self.asked: list[AccessRequest] = []
        self._kept: dict[bytes, Decision] = {}

    async def decide(self, request: AccessRequest) -> Decision:
        self.asked.append(request)
        return self._kept.setdefault(request.topic, decide(request, denied=["Citizen.name"]))


async def test_nothing_is_asked_besides_where_something_may_be_read() -> None:
    engine, asked = Engine(), question("{ citizen(idNumber: 1) { name nick } }")
    decision = await RowRights().decide(engine, asked, RowQuestion(asked, index()))

    assert engine.asked == [asked]
    assert decision.row_rights == {}


async def test_equal_answers_give_the_same_decision() -> None:
    engine, rights, asked = Engine(), RowRights(), question("{ citizen(idNumber: 1) { name } }")
    first = await rights.decide(engine, asked, RowQuestion(asked, index()))
    second = await rights.decide(engine, asked, RowQuestion(asked, index()))

    assert set(first.row_rights) == {"Citizen"}
    assert first is second


async def test_operations_share_what_is_asked_of_a_type() -> None:
    engine, rights = Engine(), RowRights()
    for text in ("{ citizen(idNumber: 1) { name } }", "{ citizen(idNumber: 1) { __typename } }"):
        asked = question(text)
        await rights.decide(engine, asked, RowQuestion(asked, index()))

    _, first, _, second = engine.asked
    assert "Citizen.nick" in first.fields
    assert first.fields is second.fields


async def test_parts_are_asked_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federation.access.rows.AT_ONCE", 1)
    engine, asked = Engine(), question("{ party(id: 1) { __typename } }")
    decision = await RowRights().decide(engine, asked, RowQuestion(asked, index()))

    assert [{name.partition(".")[0] for name in each.fields} for each in engine.asked[1:]] == [
        {"Citizen"},
        {"Firm"},
    ]
    assert set(decision.row_rights) == {"Citizen", "Firm"}


class Later:
    """A release that took a right back."""

    async def decide(self, request: AccessRequest) -> Decision:
        return replace(decide(request, denied=["Query.firms", "Citizen.name"]), revision="r2")


class Replaced:
    """Gives way to the later release at the second question."""

    def __init__(self) -> None:
        self.live = LiveEngine(Deciding(self))
        self._asked = 0

    async def decide(self, request: AccessRequest) -> Decision:
        self._asked += 1
        if self._asked == 2:
            self.live.replace(Deciding(Later()))
        return decide(request, denied=["Citizen.name"])


async def test_what_was_decided_before_a_reload_between_two_questions_does_not_count() -> None:
    live, asked = Replaced().live, question("{ firms { code } citizen(idNumber: 1) { name } }")
    decision = await RowRights().decide(live, asked, RowQuestion(asked, index()))

    assert decision.revision == "r2"
    assert decision.verdict("Query.firms", "select").effect is Effect.DENY
    assert decision.row_rights["Citizen"].is_given
    await live.close()


async def test_answers_of_two_revisions_are_never_put_together() -> None:
    class Odd(Engine):
        async def decide(self, request: AccessRequest) -> Decision:
            decision = await super().decide(request)
            return replace(decision, revision=f"r{len(self.asked)}")

    asked = question("{ citizen(idNumber: 1) { name } }")
    with pytest.raises(PolicyUnavailable):
        await RowRights().decide(Odd(), asked, RowQuestion(asked, index()))
