"""The policies evaluated in this process, by the Rust engine regorus.

Its interpreter agrees with OPA on the portable subset of Rego; its bytecode machine does not and is
not used. An engine works only on the thread that made it, and holds the interpreter lock while it
evaluates.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Self

from federation.access import AccessRequest, Decision, read_decision
from federation.errors import PolicyUnavailable
from federation.gateway.engines.checks import faults_of
from federation.gateway.engines.counts import EngineCounts
from federation.gateway.engines.failing import Departments, RulesFailed
from federation.gateway.engines.lint import (
    deeply_nested,
    overlapping_roots,
    unknown_references,
)
from federation.gateway.engines.owned import OwnedEngine, describe_failure
from federation.gateway.engines.reads import undeclared_reads
from federation.gateway.engines.release import ENTRYPOINT, PolicyFault, PolicyRelease

_PLACE = re.compile(r"^(\S+:\d+:\d+): ")
_UNDEFINED = "<undefined>"
_SLICE = 250
_PROBE: dict[str, Any] = {
    "contract": 1,
    "caller": {"id": "probe", "kind": "person", "roles": {}, "scopes": {}, "clearance": 0},
    "purpose": None,
    "consents": [],
    "now": 0,
    "operation": {"kind": "query"},
    "fields": {"Probe.field": {"select": True, "filter": True, "join": ["Probe.other"]}},
}


class EmbeddedEngine:
    """One release, evaluated on the thread that made this object.

    To change the release, make a new engine: modules can only be added to one, never replaced.
    """

    def __init__(
        self,
        release: PolicyRelease,
        counts: EngineCounts | None = None,
        engine: OwnedEngine | None = None,
    ) -> None:
        """Loads and tries the release, unless ``load`` did so.

        Raises:
            PolicyFault: It does not parse, calls unportable functions, hides rules under data, has
                departments' rules that nobody reads, or does not answer a harmless question.
        """
        self.counts = counts or EngineCounts()
        self.revision = str(release.revisions)
        self._departments = Departments(release)
        self._spares: dict[str, EmbeddedEngine | None] = {}
        self._engine = engine or OwnedEngine()
        if engine is None:
            for step in _steps(self._engine, release):
                step()

    @classmethod
    async def load(cls, release: PolicyRelease, counts: EngineCounts | None = None) -> Self:
        """The same in small steps, between which the event loop does its other work.

        Raises:
            PolicyFault: As above.
        """
        engine = OwnedEngine()
        for step in _steps(engine, release):
            step()
            await asyncio.sleep(0)
        return cls(release, counts, engine)

    async def decide(self, request: AccessRequest) -> Decision:
        """The answer for everything asked.

        Raises:
            PolicyUnavailable: The rules failed, or this is not the engine's own thread.
        """
        try:
            text = self.evaluate(json.dumps(request.to_json()))
            decision = read_decision(request, json.loads(text), self.revision)
        except PolicyUnavailable:
            self.counts.unavailable += 1
            raise
        self.counts.decided += 1
        self.counts.undecided += decision.undecided
        return decision

    def evaluate(self, question: str) -> str:
        """The answer to a question of contract 1, both as JSON.

        Where a department's file fails, its fields are missing in the answer.

        Raises:
            PolicyUnavailable: As ``decide``.
        """
        try:
            return _evaluate(self._engine, question, ENTRYPOINT)
        except RulesFailed as failure:
            department = self._departments.failed_at(failure.place)
            spare = self._spare(department) if department else None
            if department is None or spare is None:
                raise
        asked = json.loads(question)
        rest = self._departments.others(asked["fields"], department)
        return spare.evaluate(json.dumps({**asked, "fields": rest}))

    def _spare(self, department: str) -> EmbeddedEngine | None:
        """An engine without a department's file, made once; None where there cannot be one.

        This engine evaluates all departments' files, whatever is asked.
        """
        if department not in self._spares:
            try:
                self._spares[department] = EmbeddedEngine(self._departments.without(department))
            except PolicyFault:
                self._spares[department] = None
        return self._spares[department]


def _steps(engine: OwnedEngine, release: PolicyRelease) -> Iterator[Callable[[], None]]:
    """What loads a release and tries it, one after the other; each takes a few milliseconds."""
    modules = release.modules
    yield lambda: _refuse(overlapping_roots(modules, release.documents))
    yield lambda: _refuse(unknown_references(modules))
    yield lambda: _refuse(deeply_nested(modules))
    yield lambda: _refuse(undeclared_reads(modules))
    for name, text in modules.items():
        yield partial(_add_policy, engine, name, text)
    for part in _slices(release.documents):
        yield partial(_add_data, engine, json.dumps(part))
    for name, text in modules.items():
        yield partial(_check_rules, name, text)
    yield partial(_try_all_rules, engine)


def _add_policy(engine: OwnedEngine, name: str, text: str) -> None:
    try:
        engine.here.add_policy(name, text)
    except (RuntimeError, ValueError) as error:
        raise PolicyFault((describe_failure(error),)) from None


def _add_data(engine: OwnedEngine, text: str) -> None:
    try:
        engine.here.add_data_json(text)
    except (RuntimeError, ValueError) as error:
        raise PolicyFault((describe_failure(error),)) from None


def _evaluate(engine: OwnedEngine, question: str, rule: str) -> str:
    try:
        engine.here.set_input_json(question)
        text: str = engine.here.eval_rule_as_json(rule)
    except (RuntimeError, ValueError) as error:
        words = describe_failure(error)
        found = _PLACE.search(words)
        place = found[1] if found else "an unknown place"
        raise RulesFailed(f"the policies failed at {place}", place, words) from None
    except BaseException as error:
        # The engine's panics are BaseExceptions that no `except Exception` would see.
        if type(error).__name__ != "PanicException":
            raise
        raise PolicyUnavailable("the embedded policy engine failed") from None
    if text.strip().strip('"') == _UNDEFINED:
        raise PolicyUnavailable("the policies gave no answer at all")
    return text


def _try_all_rules(engine: OwnedEngine) -> None:
    """Evaluates every rule once: what is wrong inside a rule shows only when it runs."""
    probe = json.dumps(_PROBE)
    try:
        answer = json.loads(_evaluate(engine, probe, ENTRYPOINT))
        for package in sorted(engine.here.get_packages()):
            engine.here.set_input_json(probe)
            engine.here.eval_query_as_json(package)
    except RulesFailed as failure:
        raise PolicyFault((failure.words,)) from None
    except PolicyUnavailable as error:
        raise PolicyFault((error.message,)) from None
    except (RuntimeError, ValueError) as error:
        raise PolicyFault((describe_failure(error),)) from None
    effects = [use.get("effect") for use in answer["fields"]["Probe.field"].values()]
    if effects != ["deny"] * 3:
        raise PolicyFault(("a field that no catalogue knows was not denied",))


def _refuse(faults: list[str]) -> None:
    if faults:
        raise PolicyFault(tuple(faults))


def _check_rules(name: str, text: str) -> None:
    _refuse(faults_of(name, text))


def _slices(documents: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The documents in pieces that the engine merges again; loading one takes few milliseconds."""
    for root, document in documents.items():
        if not isinstance(document, Mapping):
            yield {root: document}
            continue
        yield {root: {}}
        for key, part in document.items():
            if not isinstance(part, Mapping):
                yield {root: {key: part}}
                continue
            yield {root: {key: {}}}
            items = list(part.items())
            for start in range(0, len(items), _SLICE):
                yield {root: {key: dict(items[start : start + _SLICE])}}
