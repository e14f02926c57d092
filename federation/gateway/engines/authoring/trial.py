"""One policy folder on trial: rules evaluated one by one, in this process or by an OPA server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from federation.gateway.engines.authoring.syntax import Module, read_modules
from federation.gateway.engines.owned import OwnedEngine, describe_failure
from federation.gateway.engines.release import PolicyFault

UNDEFINED = object()
"""What a rule without a value answers."""


class RuleFailed(Exception):
    """A rule could not be evaluated; the message says why."""


class Trial(Protocol):
    """Something that evaluates rules."""

    async def evaluate(self, rule: str, question: Any) -> Any:
        """The value of a rule such as ``data.datong.access.decision``, or ``UNDEFINED``.

        Raises:
            RuleFailed: The rule or the engine failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one file that ran, and those that never did."""

    covered: frozenset[int]
    missed: frozenset[int]

    def __or__(self, other: Lines) -> Lines:
        covered = self.covered | other.covered
        return Lines(covered, (self.missed | other.missed) - covered)


class EmbeddedTrial:
    """The embedded engine on the modules and data documents given, with coverage."""

    def __init__(self, modules: Mapping[str, str], documents: Mapping[str, Any]) -> None:
        """Loads them.

        Raises:
            PolicyFault: A module does not parse, or no rule of any can run; with file and line.
        """
        self._engine = OwnedEngine()
        self._engine.here.set_enable_coverage(True)
        for name, text in modules.items():
            try:
                self._engine.here.add_policy(name, text)
            except (RuntimeError, ValueError) as error:
                raise PolicyFault((describe_failure(error),)) from None
        self._engine.here.add_data_json(json.dumps(documents))
        try:
            # Names without a rule or value show only when anything is evaluated.
            self._engine.here.eval_query_as_json("true")
        except (RuntimeError, ValueError) as error:
            raise PolicyFault((describe_failure(error),)) from None

    async def evaluate(self, rule: str, question: Any) -> Any:
        """The value of a rule, or ``UNDEFINED``.

        Raises:
            RuleFailed: The rule failed.
        """
        try:
            self._engine.here.set_input_json(json.dumps(question))
            answer = json.loads(self._engine.here.eval_query_as_json(rule))
        except (RuntimeError, ValueError) as error:
            raise RuleFailed(describe_failure(error)) from None
        results = answer.get("result") or []
        return results[0]["expressions"][0]["value"] if results else UNDEFINED

    def syntax(self) -> tuple[Module, ...]:
        """The modules as they were read."""
        return read_modules(self._engine.here.get_ast_as_json())

    def lines(self) -> dict[str, Lines]:
        """Which lines of which file ran since the start."""
        report = json.loads(self._engine.here.get_coverage_report_as_json())
        return {
            file["path"]: Lines(frozenset(file["covered"]), frozenset(file["not_covered"]))
            for file in report["files"]
        }
