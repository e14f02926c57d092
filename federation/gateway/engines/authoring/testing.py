"""All tests of a policy folder on one engine."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from pathlib import Path
from typing import Any

from federation.gateway.engines.authoring.opa_trial import OpaTrial
from federation.gateway.engines.authoring.running import (
    TestResult,
    read_test_modules,
    run_cases,
    run_rego_tests,
)
from federation.gateway.engines.authoring.tables import read_tables
from federation.gateway.engines.authoring.trial import EmbeddedTrial, Lines, Trial
from federation.gateway.engines.release import CATALOGUE_ROOT, load_policies

_NOTHING = Lines(frozenset(), frozenset())


@dataclass(frozen=True)
class TestReport:
    """What became of every test.

    Attributes:
        engine: Which one ran them.
        lines: By file, without test files; empty when the engine does not measure.
    """

    engine: str
    results: tuple[TestResult, ...]
    lines: Mapping[str, Lines]

    @property
    def failed(self) -> tuple[TestResult, ...]:
        """Those that did not pass."""
        return tuple(each for each in self.results if not each.passed)

    @cached_property
    def total(self) -> Lines:
        """The lines of all files, told apart by numbers of their own."""
        covered = sum(len(each.covered) for each in self.lines.values())
        missed = sum(len(each.missed) for each in self.lines.values())
        return Lines(frozenset(range(covered)), frozenset(range(covered, covered + missed)))

    @property
    def percent(self) -> float:
        """How many of all lines ran."""
        total = self.total
        count = len(total.covered) + len(total.missed)
        return 100 * len(total.covered) / count if count else 100.0


async def try_folder(folder: Path, opa: str | None = None, token: str | None = None) -> TestReport:
    """Runs the rules named ``test_...`` and the case tables of a policy folder.

    Args:
        folder: The policy folder.
        opa: Base URL of an empty OPA server; None takes the embedded engine.
        token: Of that server's API.

    Raises:
        PolicyFault: The folder cannot be read or loaded, or the server cannot be used.
    """
    modules = read_test_modules(folder)
    tables = read_tables(folder, load_policies(folder))
    documents = {CATALOGUE_ROOT: tables.release.catalogue, **tables.release.data}
    trials: list[Trial] = []
    async with AsyncExitStack() as stack:

        async def trial(modules: Mapping[str, str], documents: Mapping[str, Any]) -> Trial:
            made: Trial = EmbeddedTrial(modules, documents)
            if opa is not None:
                made = await stack.enter_async_context(OpaTrial(opa, modules, documents, token))
            trials.append(made)
            return made

        results = await run_rego_tests(await trial(modules, {}), modules)
        await stack.pop_all().aclose()
        if tables.cases:
            on_tables = await trial(tables.release.modules, documents)
            results += await run_cases(on_tables, tables.cases)
    lines: dict[str, Lines] = {}
    for each in trials:
        if isinstance(each, EmbeddedTrial):
            for name, found in each.lines().items():
                lines[name] = reduce(or_, (lines.get(name, _NOTHING), found))
    return TestReport(
        engine=f"OPA at {opa}" if opa else "the embedded engine",
        results=tuple(results),
        lines={name: found for name, found in lines.items() if not name.endswith("_test.rego")},
    )
