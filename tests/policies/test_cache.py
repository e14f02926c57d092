"""What is kept field by field answers as the policies would, and not a second longer."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.access import AccessRequest, Asker, Caller, Decision, OperationFacts, Uses
from federation.gateway.engines import CachedEngine, EmbeddedEngine, PolicyFault, declared_reads
from federation.gateway.engines.reads import undeclared_reads
from tests.policies.tables import NOW, policy_cases, table_release

RELEASE = table_release()
READS = declared_reads(RELEASE.modules)
CASES = policy_cases()
POLICY = "# METADATA\n# custom:\n#   reads:\n#     - caller.kind\npackage datong.access\n\n"


class Recording:
    """The real engine, and what it was asked."""

    def __init__(self) -> None:
        self.engine = EmbeddedEngine(RELEASE)
        self.asked: list[AccessRequest] = []

    async def decide(self, request: AccessRequest) -> Decision:
        self.asked.append(request)
        return await self.engine.decide(request)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_an_answer_put_together_is_the_answer_of_the_whole_question(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    cases = [each for each in CASES if each.request.asker == case.request.asker]
    fields: dict[str, Uses] = {}
    for each in cases:
        fields |= each.request.fields
    some = st.lists(st.sampled_from(sorted(fields)), min_size=1, unique=True)
    questions = data.draw(st.lists(some, min_size=1, max_size=4))

    async def ask() -> None:
        cached, engine = CachedEngine(Recording(), reads=READS), EmbeddedEngine(RELEASE)
        for names in questions:
            request = case.request.about(fields={name: fields[name] for name in sorted(names)})
            kept, direct = await cached.decide(request), await engine.decide(request)
            assert kept.verdicts == direct.verdicts
            assert kept.row_filters == direct.row_filters
            assert kept.subjects == direct.subjects

    asyncio.run(ask())


async def test_only_new_fields_are_asked_for() -> None:
    engine = Recording()
    cached = CachedEngine(engine, reads=READS)
    asker = Asker(Caller("a", "person", "test_office", clearance=3), "test-plain", (), NOW)
    one = AccessRequest(asker, OperationFacts("query"), {"Citizen.name": Uses(select=True)})

    await cached.decide(one)
    await cached.decide(one.about(fields={**one.fields, "Citizen.sex": Uses(select=True)}))
    await cached.decide(one.about(fields={"Citizen.name": Uses(select=True, filter=True)}))

    assert [list(each.fields) for each in engine.asked] == [
        ["Citizen.name"],
        ["Citizen.sex"],
        ["Citizen.name"],
    ]


async def test_callers_whom_no_rule_tells_apart_share_answers_and_are_not_named() -> None:
    engine = Recording()
    cached = CachedEngine(engine, reads=READS)
    fields = {"Citizen.name": Uses(select=True)}
    for name in ("a", "b"):
        caller = Caller(name, "person", "test_office", clearance=3)
        asker = Asker(caller, "test-plain", (), NOW)
        await cached.decide(AccessRequest(asker, OperationFacts("query"), fields))

    assert len(engine.asked) == 1
    assert "id" not in engine.asked[0].to_json()["caller"]
    anonymous = Asker(Caller("anonymous", "person", "test_office", clearance=3), None, (), NOW)
    await cached.decide(AccessRequest(anonymous, OperationFacts("query"), fields))
    assert engine.asked[1].to_json()["caller"]["authenticated"] is False


def test_every_part_of_an_answer_ends_by_itself() -> None:
    case = next(c for c in CASES if c.valid_until is not None)
    assert case.valid_until is not None
    end = case.valid_until

    async def ask() -> None:
        engine = Recording()
        cached = CachedEngine(engine, reads=READS)
        await cached.decide(case.request)
        later = replace(case.request, asker=replace(case.request.asker, now=end - 1))
        if end - 1 < case.request.asker.now + 30:
            await cached.decide(later)
            assert len(engine.asked) == 1
        ended = replace(case.request, asker=replace(case.request.asker, now=end))
        kept = await cached.decide(ended)
        assert kept.verdicts == (await engine.engine.decide(ended)).verdicts

    asyncio.run(ask())


async def test_who_asks_after_the_end_of_an_answer_is_not_given_one_under_way() -> None:
    case = next(c for c in CASES if c.valid_until is not None)
    assert case.valid_until is not None
    asker = case.request.asker
    last = case.request.asked_by(replace(asker, now=case.valid_until - 1))
    ended = case.request.asked_by(replace(asker, now=case.valid_until))
    may_answer = asyncio.Event()

    class Slow(Recording):
        async def decide(self, request: AccessRequest) -> Decision:
            await may_answer.wait()
            return await super().decide(request)

    engine = Slow()
    cached = CachedEngine(engine, reads=READS)
    first = asyncio.create_task(cached.decide(last))
    await asyncio.sleep(0)
    second = asyncio.create_task(cached.decide(ended))
    await asyncio.sleep(0)
    may_answer.set()

    assert (await first).verdicts == (await engine.engine.decide(last)).verdicts
    assert (await second).verdicts == (await engine.engine.decide(ended)).verdicts
    assert (await first).verdicts != (await second).verdicts


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("x if input.caller.id == 1", "input.caller.id"),
        ('x if object.get(input.caller, "region", "")', "input.caller.region"),
        ('x if object.get(input, ["caller", "region"], "")', "input.caller.region"),
        ("x if input.purpose", "input.purpose"),
        ("x if count(input) > 1", "input"),
        ("x if some_rule(input.caller)", "input.caller"),
        ("import input as asked", "input"),
        ('x if "#" in {input.purpose}', "input.purpose"),
    ],
)
def test_a_fact_that_is_read_must_be_declared(line: str, path: str) -> None:
    (fault,) = undeclared_reads({"a.rego": POLICY + line})
    assert fault.startswith(f"a.rego:7: {path} is read")


@pytest.mark.parametrize(
    ("listed", "facts"),
    [
        ("reads: [caller.kind, purpose]", ("caller.kind", "purpose")),
        ("reads: []", ()),
        ("reads:\n#     - caller.kind\n#     - purpose", ("caller.kind", "purpose")),
        ('reads:\n#     - "caller.kind"', ("caller.kind",)),
    ],
)
def test_facts_are_declared_in_either_form_of_a_list(listed: str, facts: tuple[str, ...]) -> None:
    module = f"# METADATA\n# custom:\n#   {listed}\npackage datong.access\n"

    assert declared_reads({"a.rego": module}) == frozenset(facts)


def test_declared_facts_are_of_the_contract() -> None:
    (fault,) = undeclared_reads({"a.rego": POLICY.replace("caller.kind", "caller.age")})
    assert "caller.age" in fault


def test_release_that_reads_what_is_not_sent_is_refused() -> None:
    odd = "package datong.odd\n\nx if input.caller.id\n"
    with pytest.raises(PolicyFault, match=r"input\.caller\.id"):
        EmbeddedEngine(table_release({"datong/odd.rego": odd}))
