"""Why a use of a field is decided as it is, and what would change a denial.

What would change it is found by asking again: everything that could be done is done, then left out
piece by piece as long as the use stays open. So the answer holds for whatever rules are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from federation.access import (
    AccessIndex,
    AccessRequest,
    Decision,
    Effect,
    PolicyEngine,
    RowQuestion,
    Uses,
    Verdict,
)
from federation.access.decision import GATEWAY_RULE
from federation.access.reasons import Text
from federation.access.remedies import (
    HYPOTHETICAL,
    KINDS,
    PolicyFacts,
    Remedy,
    apply_remedies,
    purposes_to_try,
    remedies,
)
from federation.gateway.engines.authoring.reading import Given, build_reading, find_written
from federation.gateway.engines.embedded import EmbeddedEngine
from federation.gateway.engines.release import PolicyRelease, PolicySource, make_release
from federation.gateway.row_rights import RowRights

MAX_WAYS = 3


@dataclass(frozen=True, slots=True)
class Explanation:
    """One use of one field.

    Attributes:
        ways: Sets of things to do, of which one is enough; empty when it is open, or when nothing
            that callers or grants can change would open it.
        fact: Of the field in ``data.catalogue``; empty when it is not known there.
        grants: Of the caller's department for the field: id to terms, and why one does not count.
        cause: Coordinate and use of what is denied, where that is something else than this.
        is_small_count: It counts rows of which nothing may be read, so that small numbers are null.
        given: Of an argument, an input field or an enum value what it tests; None of a field.
    """

    coordinate: str
    use: str
    verdict: Verdict
    row_filter: Mapping[str, Any] | None
    ways: tuple[tuple[Remedy, ...], ...]
    fact: Mapping[str, Any]
    grants: Mapping[str, tuple[Mapping[str, Any], tuple[Text, ...]]]
    cause: tuple[str, str] | None = None
    is_small_count: bool = False
    given: Given | None = None


class WhatIf:
    """One release, asked as it is and as it would be with grants for everything asked."""

    def __init__(self, release: PolicyRelease) -> None:
        """Loads the release.

        Raises:
            PolicyFault: It cannot be used.
        """
        self.facts = PolicyFacts(
            fields=release.catalogue.get("fields", {}),
            types=release.catalogue.get("types", {}),
            grants=release.data.get("grants", {}),
            purposes=release.data.get("purposes", {}),
            organisations=release.data.get("organisations", {}),
        )
        self._release = release
        self._actual = EmbeddedEngine(release)

    async def explain(self, request: AccessRequest) -> tuple[Explanation, ...]:
        """Every use that the question asks for, in its order.

        Raises:
            PolicyUnavailable: The rules failed.
            PolicyFault: They fail with more grants.
        """
        decision = await self._actual.decide(request)
        granting = EmbeddedEngine(self._with_grants(request))
        return tuple(
            [
                await self._explain(request, coordinate, use, decision, granting)
                for coordinate, uses in request.fields.items()
                for use in uses.names()
            ]
        )

    async def explain_reading(
        self, request: AccessRequest, index: AccessIndex
    ) -> tuple[Explanation, ...]:
        """The same as operations are answered: with what a field is computed from, and with rows.

        Inputs are explained as they are given: by what they test, arguments with their fields.

        Args:
            request: Asks for selections; what it says of inputs is passed over.
            index: Of the schema that the release's catalogue is of.

        Raises:
            PolicyUnavailable: The rules failed.
            PolicyFault: They fail with more grants.
        """
        return tuple(
            [await self._as_read(each, request, index) for each in await self.explain(request)]
        )

    async def _as_read(
        self, explained: Explanation, request: AccessRequest, index: AccessIndex
    ) -> Explanation:
        reading = build_reading(explained.coordinate, index)
        if reading is None:
            written = find_written(explained.coordinate, index)
            return await self._as_written(explained, written, request) if written else explained
        given = reading.given
        if given is None and explained.verdict.effect is Effect.DENY:
            return explained
        explained = replace(explained, given=given)
        question = request.about(reading.fields())
        rows = RowQuestion(question, index)
        decision = await RowRights().decide(self._actual, question, rows)
        judge, denial = reading.judged(decision)
        if denial is None and given:
            verdicts = (decision.verdict(*test) for test in given.tests)
            return replace(explained, verdict=_all_of(verdicts), ways=())
        if denial is None:
            is_small = reading.facts.is_count and not judge.sees_rows(reading.facts)
            return replace(explained, is_small_count=is_small)
        refused = replace(explained, verdict=denial.verdict, row_filter=None)
        if denial.cause == denial.field and not given:
            return refused
        found = await self.explain(request.about(reading.causes(denial)))
        nearest = min(found, key=_distance)
        is_itself = nearest.coordinate == explained.coordinate
        cause = None if is_itself else (nearest.coordinate, nearest.use)
        return replace(refused, ways=nearest.ways, cause=cause)

    async def _as_written(
        self, explained: Explanation, written: Given, request: AccessRequest
    ) -> Explanation:
        explained = replace(explained, given=written, ways=())
        found = await self.explain(request.about(written.fields()))
        for each in found:
            if each.verdict.effect is Effect.DENY:
                cause = (each.coordinate, each.use)
                return replace(explained, verdict=each.verdict, ways=each.ways, cause=cause)
        return replace(explained, verdict=_all_of(each.verdict for each in found))

    async def _explain(
        self,
        request: AccessRequest,
        coordinate: str,
        use: str,
        decision: Decision,
        granting: PolicyEngine,
    ) -> Explanation:
        verdict = decision.verdict(coordinate, use)
        ways: list[tuple[Remedy, ...]] = []
        if verdict.effect is Effect.DENY:
            asked = _only(request, coordinate, use)
            to_try: list[str | None] = [*purposes_to_try(asked, coordinate, self.facts)]
            for purpose in to_try or [None]:
                way = await self._find_way(asked, coordinate, use, purpose, granting)
                if way and way not in ways:
                    ways.append(way)
        name = coordinate.partition(".")[0]
        condition = decision.row_filters.get(name)
        is_open = verdict.effect is not Effect.DENY
        return Explanation(
            coordinate=coordinate,
            use=use,
            verdict=verdict,
            row_filter=condition.to_json() if condition and is_open else None,
            ways=tuple(sorted(ways, key=len)[:MAX_WAYS]),
            fact=self.facts.fields.get(coordinate, {}),
            grants={
                name: (grant, self._shortcomings(grant, request, coordinate, use))
                for name, grant in self.facts.granted(
                    request.asker.caller.department, coordinate
                ).items()
            },
        )

    async def _find_way(
        self,
        request: AccessRequest,
        coordinate: str,
        use: str,
        purpose: str | None,
        granting: PolicyEngine,
    ) -> tuple[Remedy, ...]:
        """A set of remedies of which none can be left out; empty when all of them do not help."""
        chosen = remedies(request, coordinate, use, purpose, self.facts)

        async def opens(candidate: Mapping[str, Remedy]) -> bool:
            engine = granting if "grant" in candidate else self._actual
            changed = apply_remedies(request, candidate.values())
            decision = await engine.decide(changed)
            return decision.verdict(coordinate, use).effect is not Effect.DENY

        if not await opens(chosen):
            # A department may refuse the other kind of caller: one remedy too many.
            chosen.pop("kind", None)
            if not await opens(chosen):
                return ()
        for kind in list(chosen):
            without = {name: each for name, each in chosen.items() if name != kind}
            if await opens(without):
                chosen = without
        return tuple(reversed(chosen.values()))

    def _with_grants(self, request: AccessRequest) -> PolicyRelease:
        purposes = dict.fromkeys([*self.facts.purposes, request.asker.purpose or ""], True)
        grant = {
            "purposes": purposes,
            "uses": dict.fromkeys(("select", "filter", "sort", "join"), True),
            "expires": request.asker.now + 3600,
        }
        department = request.asker.caller.department or HYPOTHETICAL
        held = self.facts.grants.get(department, {})
        added = {
            coordinate: {**held.get(coordinate, {}), HYPOTHETICAL: grant}
            for coordinate in request.fields
        }
        grants = {**self.facts.grants, department: {**held, **added}}
        data = {**self._release.data, "grants": grants}
        return make_release(PolicySource(self._release.modules, data), self._release.catalogue)

    def _shortcomings(
        self, grant: Mapping[str, Any], request: AccessRequest, coordinate: str, use: str
    ) -> tuple[Text, ...]:
        """Which terms of a grant the question does not meet; what follows is up to the rules."""
        asker = request.asker
        type_facts = self.facts.types.get(coordinate.partition(".")[0], {})
        consented = any(
            consent.purpose == asker.purpose and coordinate in consent.fields
            for consent in asker.consents
        )
        roles, region = grant.get("roles"), grant.get("region")
        found = {
            Text("for other purposes", "用于其他用途"): asker.purpose
            not in grant.get("purposes", ()),
            Text("for other uses", "用于其他使用方式"): use not in grant.get("uses", ()),
            Text("expired", "已过期"): grant.get("expires", 0) <= asker.now,
            Text("not begun", "尚未生效"): grant.get("starts", 0) > asker.now,
            Text("for other roles", "仅限其他角色"): roles and not asker.caller.roles & set(roles),
            Text("needs consent", "需要同意"): grant.get("consent") and not consented,
            Text("the type names no data subject", "该类型未指明数据主体"): grant.get("consent")
            and "subject" not in type_facts,
            Text("needs a region", "需要区划"): region and not asker.caller.region,
            Text("the type names no region", "该类型未指明区划"): region
            and "region" not in type_facts,
        }
        return tuple(words for words, applies in found.items() if applies)


def _all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """The permission to test all that these allow."""
    reasons = {reason for verdict in verdicts for reason in verdict.reasons}
    return Verdict(Effect.ALLOW, tuple(sorted(reasons)), GATEWAY_RULE)


def _distance(explained: Explanation) -> tuple[int, int]:
    """How many things have to be done until it is open, and how much these ask of others."""
    if not explained.ways:
        return len(KINDS) + 1, 0
    way = explained.ways[0]
    return len(way), sum(len(KINDS) - KINDS.index(remedy.kind) for remedy in way)


def _only(request: AccessRequest, coordinate: str, use: str) -> AccessRequest:
    asked = request.fields[coordinate]
    uses = Uses(
        select=use == "select",
        filter=use == "filter",
        sort=use == "sort",
        join=asked.join if use == "join" else (),
    )
    return replace(request, fields={coordinate: uses})
