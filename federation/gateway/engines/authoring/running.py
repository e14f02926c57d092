"""Runs the tests of a policy folder: rules named ``test_...`` and case tables."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from federation.access import AccessRequest, Decision, read_decision
from federation.errors import PolicyUnavailable
from federation.gateway.engines.authoring.tables import (
    PolicyCase,
    filters_document,
    verdict_text,
)
from federation.gateway.engines.authoring.trial import (
    UNDEFINED,
    EmbeddedTrial,
    RuleFailed,
    Trial,
)
from federation.gateway.engines.release import ENTRYPOINT, module_files, read_text

_PACKAGE = re.compile(r"^package\s+(\S+)", re.MULTILINE)
_TEST = re.compile(r"^(test_\w+)")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was answered otherwise than wanted; ``what`` names it."""

    what: str
    wanted: str
    got: str


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of either kind.

    Attributes:
        place: File and line.
        differences: Empty when it passed.
    """

    name: str
    place: str
    differences: tuple[Difference, ...] = ()

    @property
    def passed(self) -> bool:
        """Was everything answered as wanted?"""
        return not self.differences


@dataclass(frozen=True, slots=True)
class RegoTest:
    """A rule that must be true.

    Attributes:
        rule: As the engines are asked for it.
        line: Of its first definition.
    """

    rule: str
    file: str
    line: int


def read_test_modules(folder: Path) -> dict[str, str]:
    """All modules of a policy folder with their tests, by file name.

    Raises:
        PolicyFault: One cannot be read.
    """
    return {name: read_text(file, name) for name, file in module_files(folder)}


def find_tests(modules: Mapping[str, str]) -> tuple[RegoTest, ...]:
    """The test rules of all modules named ``*_test.rego``."""
    found: dict[str, RegoTest] = {}
    for file, text in modules.items():
        package = _PACKAGE.search(text)
        if not file.endswith("_test.rego") or package is None:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if named := _TEST.match(line):
                rule = f"data.{package[1]}.{named[1]}"
                found.setdefault(rule, RegoTest(rule, file, number))
    return tuple(found.values())


async def run_rego_tests(trial: Trial, modules: Mapping[str, str]) -> list[TestResult]:
    """Every test rule of these modules, which the trial has loaded."""
    results = []
    for test in find_tests(modules):
        try:
            value: Any = await trial.evaluate(test.rule, {})
            got = "undefined" if value is UNDEFINED else str(value).lower()
        except RuleFailed as failure:
            got = str(failure)
        differences: tuple[Difference, ...] = ()
        if got != "true":
            where = await _stopped_at(test, modules)
            differences = (Difference(where, "true", got),)
        name = test.rule.removeprefix("data.")
        results.append(TestResult(name, f"{test.file}:{test.line}", differences))
    return results


async def run_cases(trial: Trial, cases: Iterable[PolicyCase]) -> list[TestResult]:
    """Every row, asked as the gateway asks; the trial has loaded the tables' release.

    A row also fails when its answer does not hold up to one second before its ``valid_until``, or
    when a field is answered otherwise alone: the gateway keeps answers field by field.
    """
    return [TestResult(case.id, case.place, await _run_case(trial, case)) for case in cases]


async def _run_case(trial: Trial, case: PolicyCase) -> tuple[Difference, ...]:
    try:
        decision = await _decide(trial, case, case.request.asker.now)
        found = [*_compare(case, decision)]
        end = decision.valid_until
        if end is not None and end - 1 > case.request.asker.now:
            later = await _decide(trial, case, end - 1)
            found += _compare_times(case, decision, later)
        found += await _compare_alone(trial, case, decision)
    except (RuleFailed, PolicyUnavailable) as failure:
        return (Difference("the whole question", "an answer", str(failure)),)
    return tuple(found)


async def _decide(trial: Trial, case: PolicyCase, now: int) -> Decision:
    request = case.request.asked_by(replace(case.request.asker, now=now))
    return await _ask(trial, request)


async def _ask(trial: Trial, request: AccessRequest) -> Decision:
    answer = await trial.evaluate(ENTRYPOINT, request.to_json())
    return read_decision(request, None if answer is UNDEFINED else answer, "trial")


def _compare(case: PolicyCase, decision: Decision) -> Iterable[Difference]:
    for coordinate, uses in case.want.items():
        for use, wanted in uses.items():
            got = verdict_text(decision, coordinate, use)
            if got != wanted:
                yield Difference(f"{coordinate} {use}", wanted, got)
    filters = filters_document(decision)
    for name in sorted({*filters, *case.row_filters}):
        if filters.get(name) != case.row_filters.get(name):
            wanted, got = case.row_filters.get(name, "none"), filters.get(name, "none")
            yield Difference(f"row filter of {name}", str(wanted), str(got))
    for coordinate, rule in case.rules.items():
        got = decision.verdict(coordinate, "select").rule
        if got != rule:
            yield Difference(f"rule that decided {coordinate}", rule, got)
    if case.valid_until is not None and decision.valid_until != case.valid_until:
        yield Difference("valid_until", str(case.valid_until), str(decision.valid_until))


def _compare_times(case: PolicyCase, now: Decision, later: Decision) -> Iterable[Difference]:
    for coordinate, uses in case.want.items():
        for use in uses:
            first, last = (verdict_text(each, coordinate, use) for each in (now, later))
            if first != last:
                yield Difference(f"{coordinate} {use} one second before valid_until", first, last)


async def _compare_alone(trial: Trial, case: PolicyCase, whole: Decision) -> list[Difference]:
    """Where a field of the row is answered otherwise when it is asked alone."""
    # Policies that do not tell which rows each field brings are kept by whole questions.
    if whole.rows is None or len(case.request.fields) < 2:
        return []
    found = []
    for coordinate, uses in case.request.fields.items():
        alone = await _ask(trial, case.request.about({coordinate: uses}))
        for use in uses.names():
            first, last = (verdict_text(each, coordinate, use) for each in (whole, alone))
            if first != last:
                found.append(Difference(f"{coordinate} {use} asked alone", first, last))
        if alone.rows is not None and alone.rows.get(coordinate) != whole.rows.get(coordinate):
            found.append(Difference(f"rows that {coordinate} brings alone", "the same", "others"))
    return found


async def _stopped_at(test: RegoTest, modules: Mapping[str, str]) -> str:
    """The last statement of a failed test that was tried: the one that did not hold."""
    trial = EmbeddedTrial(modules, {})
    with contextlib.suppress(RuleFailed):
        await trial.evaluate(test.rule, {})
    ran = trial.lines()[test.file].covered
    tried = [
        line
        for module in trial.syntax()
        for rule in module.rules
        if module.file == test.file and test.rule.endswith(f".{rule.name}")
        for line in rule.statements
        if line in ran
    ]
    line = tried[-1] if tried else test.line
    return f"{test.file}:{line}: {modules[test.file].splitlines()[line - 1].strip()}"
