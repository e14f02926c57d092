"""Recorded questions: what is written, once, without names, and that no fault is ever felt."""

from __future__ import annotations

import json
import os
import resource
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from federation.access import (
    AccessRequest,
    Asker,
    Caller,
    ConsentFact,
    OperationFacts,
    RowQuestion,
    Uses,
)
from federation.access.read_request import read_request
from federation.errors import PolicyUnavailable
from federation.gateway.access_log import AccessLog
from federation.gateway.deciding import Deciding, OpenEngine
from federation.gateway.engines import CachedEngine
from federation.gateway.live import LiveEngine
from federation.gateway.question_file import LOOK_SECONDS, QuestionFile
from federation.gateway.row_rights import RowRights
from tests.unit.access import world

KEY = b"k" * 32
ANN, BEN = "990102198805120013", "990102199001011239"
CONSENT = ConsentFact("consent-of-ann", ANN, "loan", frozenset({"Citizen.name"}), 1_900_000_000)
BANK = Caller("bank-app", "application", "heming_bank", clearance=2)
REQUEST = AccessRequest(
    Asker(BANK, "loan", (CONSENT,), 1_800_000_000),
    OperationFacts("query", "Income"),
    {"Citizen.name": Uses(select=True), "Citizen.income": Uses(join=("Citizen.limit",))},
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Log(AccessLog):
    def __init__(self) -> None:
        self.told: list[str] = []

    def questions(self, what: str) -> None:
        self.told.append(what)


class Kept:
    """A question file, with the log and the clock that it has."""

    def __init__(self, path: Path, max_bytes: int = 1_000_000) -> None:
        self.path, self.log, self.clock = path, Log(), Clock()
        self.file = QuestionFile(str(path), max_bytes, KEY, self.log, self.clock)

    def read(self) -> list[AccessRequest]:
        return [read_request(json.loads(line)) for line in self.path.read_text().splitlines()]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "questions.jsonl")


def named(name: str) -> AccessRequest:
    return AccessRequest(REQUEST.asker, OperationFacts("query", name), REQUEST.fields)


def asked_by(**facts: Any) -> AccessRequest:
    return REQUEST.asked_by(replace(REQUEST.asker, **facts))


def test_question_is_written_whole_whatever_policies_read(kept: Kept) -> None:
    kept.file.observe(REQUEST.for_policies(frozenset({"purpose"})))

    (found,) = kept.read()
    assert (found.asker.caller, found.asker.purpose, found.asker.now) == (
        BANK,
        "loan",
        1_800_000_000,
    )
    assert (found.operation, found.fields) == (REQUEST.operation, REQUEST.fields)
    (consent,) = found.asker.consents
    assert (consent.fields, consent.expires) == (CONSENT.fields, CONSENT.expires)


def test_file_is_for_its_owner_only(kept: Kept) -> None:
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "same",
    [
        asked_by(now=1_800_000_009),
        asked_by(consents=(replace(CONSENT, id="of-ben", subject=BEN, expires=1_900_000_001),)),
    ],
    ids=["later", "of another person"],
)
def test_equal_questions_are_written_once(kept: Kept, same: AccessRequest) -> None:
    kept.file.observe(REQUEST)
    kept.file.observe(same)

    assert len(kept.read()) == 1


@pytest.mark.parametrize(
    "other",
    [
        named("Another"),
        asked_by(purpose=None),
        asked_by(caller=replace(BANK, clearance=3)),
        asked_by(consents=()),
        asked_by(consents=(replace(CONSENT, fields=frozenset({"Citizen.income"})),)),
        asked_by(consents=(CONSENT, replace(CONSENT, id="second", subject=BEN))),
    ],
    ids=["operation", "purpose", "clearance", "no consent", "other fields", "two persons"],
)
def test_other_questions_are_written_too(kept: Kept, other: AccessRequest) -> None:
    kept.file.observe(REQUEST)
    kept.file.observe(other)

    assert len(kept.read()) == 2


def test_persons_stand_as_digests_the_same_for_the_same_person(kept: Kept) -> None:
    clerk = Caller("zhang.wei", "person", "tax", roles=frozenset({"auditor"}))
    kept.file.observe(asked_by(caller=clerk))
    kept.file.observe(asked_by(caller=clerk, purpose="other"))

    text = kept.path.read_text()
    assert not [name for name in (ANN, CONSENT.id, clerk.id) if name in text]
    first, second = (found.asker for found in kept.read())
    assert first.caller == second.caller
    assert first.caller.id.startswith("person of tax ")
    assert replace(first.caller, id=clerk.id) == clerk
    assert first.subjects == second.subjects != frozenset()


def test_persons_stand_as_other_digests_under_another_key(kept: Kept, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    QuestionFile(str(other), 1_000_000, b"o" * 32, Log()).observe(REQUEST)
    kept.file.observe(REQUEST)

    found = read_request(json.loads(other.read_text()))
    assert found.asker.subjects != kept.read()[0].asker.subjects


def test_callers_without_a_token_stay_so(kept: Kept) -> None:
    kept.file.observe(asked_by(caller=Caller("anonymous", "person"), consents=()))

    assert not kept.read()[0].asker.caller.authenticated


async def test_callers_who_share_kept_answers_are_both_written(kept: Kept) -> None:
    cached = CachedEngine(OpenEngine(), reads=frozenset({"purpose"}))
    live = LiveEngine(Deciding(cached), questions=kept.file)
    for name in ("bank-app", "loan-app", "bank-app"):
        await live.decide(asked_by(caller=replace(BANK, id=name), consents=()))
    await live.close()

    assert [found.asker.caller.id for found in kept.read()] == ["bank-app", "loan-app"]


async def test_question_that_nobody_answers_is_not_written(kept: Kept) -> None:
    class Down:
        async def decide(self, _: AccessRequest) -> object:
            raise PolicyUnavailable("down")

    live = LiveEngine(Deciding(Down()), questions=kept.file)  # type: ignore[arg-type]
    with pytest.raises(PolicyUnavailable):
        await live.decide(REQUEST)

    assert kept.read() == []


async def test_question_for_a_right_to_rows_is_none_of_its_own(kept: Kept) -> None:
    class Denying:
        asked = 0

        async def decide(self, request: AccessRequest) -> object:
            self.asked += 1
            return world.decide(request, denied=["Citizen.name"])

    engine = Denying()
    live = LiveEngine(Deciding(engine), questions=kept.file)  # type: ignore[arg-type]
    question = world.question("{ citizen(idNumber: 1) { name } }")
    await RowRights().decide(live, question, RowQuestion(question, world.index()))

    assert engine.asked > 1
    assert [found.fields for found in kept.read()] == [question.fields]


def test_recording_stops_at_the_limit_and_says_so_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "questions.jsonl", max_bytes=1_000)
    for index in range(20):
        kept.file.observe(named(f"Operation{index}"))
        kept.clock.now += LOOK_SECONDS

    assert 500 < kept.path.stat().st_size <= 1_000
    assert len(kept.read()) >= 2
    assert [("max_bytes" in what) for what in kept.log.told] == [True]


def test_file_that_is_longer_than_the_limit_is_told_of_once(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("x" * 2_000)
    kept = Kept(path, max_bytes=1_000)
    for _ in range(5):
        kept.file.observe(REQUEST)
        kept.clock.now += LOOK_SECONDS

    assert (path.stat().st_size, len(kept.log.told)) == (2_000, 1)


def _move(path: Path) -> None:
    path.rename(path.with_name("monday.jsonl"))


def _empty(path: Path) -> None:
    path.write_text("")


@pytest.mark.parametrize("begin_anew", [_move, _empty, Path.unlink])
def test_file_that_was_moved_away_begins_anew(
    kept: Kept, begin_anew: Callable[[Path], None]
) -> None:
    kept.file.observe(REQUEST)
    begin_anew(kept.path)
    kept.clock.now += LOOK_SECONDS
    kept.file.observe(REQUEST)

    assert len(kept.read()) == 1


def test_full_file_that_was_moved_away_begins_anew(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "questions.jsonl", max_bytes=600)
    kept.file.observe(REQUEST)
    kept.file.observe(named("Second"))
    _move(kept.path)
    kept.file.observe(named("Second"))
    assert not kept.path.exists()

    kept.clock.now += LOOK_SECONDS
    kept.file.observe(named("Second"))

    assert [found.operation.name for found in kept.read()] == ["Second"]


def test_file_that_cannot_be_written_is_told_of_at_once_and_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "missing" / "questions.jsonl")
    assert [str(kept.path) in what for what in kept.log.told] == [True]
    for index in range(3):
        kept.file.observe(named(f"Operation{index}"))
        kept.clock.now += LOOK_SECONDS
    assert len(kept.log.told) == 1

    kept.path.parent.mkdir()
    kept.file.observe(REQUEST)

    assert len(kept.read()) == 1


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_told_of_and_waited_for_by_nobody(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "questions.jsonl"
    make(path)
    kept = Kept(path)
    kept.file.observe(REQUEST)

    assert len(kept.log.told) == 1


def test_device_is_no_file() -> None:
    kept = Kept(Path("/dev/full"))
    kept.file.observe(REQUEST)

    assert ["no regular file" in what for what in kept.log.told] == [True]


def test_disk_that_fills_within_a_line_leaves_whole_lines(kept: Kept) -> None:
    kept.file.observe(REQUEST)
    before = kept.path.stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (before + 10, limits[1]))
    try:
        for index in range(3):
            kept.file.observe(named(f"Operation{index}"))
            kept.clock.now += LOOK_SECONDS
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (kept.path.stat().st_size, len(kept.log.told)) == (before, 1)

    kept.file.observe(named("Later"))

    assert [found.operation.name for found in kept.read()] == ["Income", "Later"]


def test_several_writers_append_whole_lines(kept: Kept) -> None:
    writers = [Kept(kept.path) for _ in range(4)]

    def write(number: int) -> None:
        for index in range(100):
            writers[number].file.observe(named(f"Operation{number}x{index}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({found.operation.name for found in kept.read()}) == 400


@pytest.mark.parametrize(
    "caller",
    [Caller("\ud800", "person"), Caller("app", "application", region="\ud800")],
)
def test_claim_that_cannot_be_written_changes_nothing(kept: Kept, caller: Caller) -> None:
    kept.file.observe(asked_by(caller=caller))
    kept.file.observe(REQUEST)

    assert len(kept.read()) == 1
