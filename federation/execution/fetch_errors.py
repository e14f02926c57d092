"""Errors of one fetch: where in the response they are told, and which nulls they explain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

from federation.errors import ResponseError
from federation.execution.execution import Execution
from federation.execution.failures import SUBGRAPH_ERROR, SUBGRAPH_MALFORMED, fault, reported
from federation.execution.model import holds
from federation.execution.places import Path, ResponsePlace, follow, place_of
from federation.execution.representations import Calls, EntityCall
from federation.execution.transport import SubgraphReply
from federation.execution.tree import Located, Object, tree_keys
from federation.planning.plan import EntityFetch, Fetch
from federation.selection import Field

Places: TypeAlias = Mapping[Path, Sequence[Object]]
"""Response paths that end at the first list, each with the entities there; none at root fetches."""


@dataclass(slots=True)
class FetchErrors:
    """The errors of one fetch, in the order in which they were found.

    Attributes:
        is_malformed: Whether one of them is about the form of an answer.
    """

    execution: Execution
    fetch: Fetch
    found: list[ResponseError] = field(default_factory=list)
    is_malformed: bool = False

    def fail(self, code: str, places: Places, status: int | None = None) -> None:
        """Tell a failure, once for each place."""
        self.is_malformed |= bool(places) and code == SUBGRAPH_MALFORMED
        for path, objects in places.items():
            self._tell(fault(code, self.fetch.subgraph, path, status), objects)

    def explain(self, targets: Iterable[Object], asked: EntityFetch | Fetch) -> None:
        """Mark what was asked of the objects and is not there: an error says why."""
        keys = tuple(tree_keys(asked.selections))
        for target in targets:
            for key in keys:
                if target.get(key) is None:
                    self.execution.faults.mark(target, key)

    def places(self, calls: Sequence[EntityCall]) -> Places:
        """Where the answer to a request is merged: one with entity calls, or to a root fetch."""
        return self._call_places(calls) if calls else self._root_places()

    def _report(self, raw: Any, path: Path, objects: Sequence[Object] = ()) -> None:
        show = self.execution.request.show_subgraph_errors
        self._tell(reported(raw, self.fetch.subgraph, path, show=show), objects)

    def _tell(self, error: ResponseError, objects: Sequence[Object]) -> None:
        self.found.append(error)
        if objects:
            self.execution.concerned[id(error)] = objects

    # Root fetches

    def tell_root(self, reply: SubgraphReply, targets: list[Located], *, is_lost: bool) -> None:
        """Tell what a reply to a root fetch reports, and that its data is lost if no error does."""
        for raw in reply.errors:
            self._report_root(raw, targets)
        if is_lost and reply.errors:
            self.fail(SUBGRAPH_ERROR, _without_objects(self._untold_roots(reply)))
        elif is_lost:
            self.fail(SUBGRAPH_MALFORMED, self._root_places())

    def _report_root(self, raw: Any, targets: list[Located]) -> None:
        steps = _path(raw)
        if not steps:
            self._report(raw, self._root_path())
            return
        for target, indices in targets:
            place = place_of(self.execution.plan.output, self.fetch.path, indices)
            self._report(raw, follow(place, target, steps, self.execution.faults))

    def _untold_roots(self, reply: SubgraphReply) -> list[Path]:
        """Where fields were lost with the whole answer, and no error of it says so."""
        paths = [_path(raw) for raw in reply.errors]
        if [] in paths:
            return []
        told = {steps[0] for steps in paths}
        variables = self.execution.request.variables
        return [
            self._root_path(each.response_key)
            for each in self.fetch.selections
            if isinstance(each, Field)
            and each.response_key not in told
            and holds((each.conditions,), variables)
        ]

    def _root_places(self) -> Places:
        return _without_objects([self._root_path()])

    def _root_path(self, key: str | None = None) -> Path:
        """Of a root fetch: to one of its fields, or to the only one; else to where it is merged."""
        place = place_of(self.execution.plan.output, self.fetch.path, None)
        keys = dict.fromkeys([key] if key else tree_keys(self.fetch.selections))
        if len(keys) == 1:
            place.enter(next(iter(keys)), None)
        return tuple(place.path)

    # Entity calls

    def tell_calls(
        self, reply: SubgraphReply, calls: Calls, answers: Mapping[str, list[Any]]
    ) -> None:
        """Tell what a reply to entity calls reports, and which are lost if no error does.

        ``answers`` are those of the right form, by response key.
        """
        for raw in reply.errors:
            self._report_entities(raw, calls, answers)
        code = SUBGRAPH_ERROR if reply.errors else SUBGRAPH_MALFORMED
        named = [_named(raw, calls) for raw in reply.errors]
        untold = [
            call
            for alias, (_, call) in calls.items()
            if call.representations and alias not in answers and not _is_told(alias, call, named)
        ]
        self.fail(code, self._call_places(untold))

    def _report_entities(self, raw: Any, calls: Calls, answers: Mapping[str, list[Any]]) -> None:
        named = _named(raw, calls)
        if named is None:
            places = self._call_places([call for _, call in calls.values()])
            for path, objects in places.items():
                self._report(raw, path, objects)
            return
        alias, at = named
        call = calls[alias][1]
        for target, indices, number in call.objects[at]:
            place = self._place(call, number, indices)
            self._report(raw, follow(place, target, _path(raw)[2:], self.execution.faults))
        if alias in answers and answers[alias][at] is None:
            self.explain((target for target, _, _ in call.objects[at]), call.entity)

    def _call_places(self, calls: Sequence[EntityCall]) -> Places:
        """Where the calls' objects are, up to the first list; each path once.

        Which objects that are is of use only where rows of them can leave the tree.
        """
        asked: dict[Path, list[Object]] = {}
        for call in calls:
            found = list(chain.from_iterable(call.objects))
            for number in sorted({number for _, _, number in found}):
                path = tuple(self._place(call, number, None).path)
                targets = asked.setdefault(path, [])
                if self.execution.plan.row_tests:
                    targets += (target for target, _, at in found if at == number)
        return asked

    def _place(
        self, call: EntityCall, number: int, indices: tuple[int, ...] | None
    ) -> ResponsePlace:
        entity = call.entity
        return place_of(self.execution.plan.output, entity.paths[number], indices, entity.types)


def _without_objects(paths: Iterable[Path]) -> Places:
    return dict.fromkeys(paths, ())


def _path(raw: Any) -> list[Any]:
    path = raw.get("path") if isinstance(raw, dict) else None
    if not isinstance(path, list):
        return []
    return path if all(isinstance(step, str | int) for step in path) else []


def _named(raw: Any, calls: Calls) -> tuple[str, int] | None:
    """The call and the representation that an error speaks of; None if of no single one."""
    match _path(raw):
        case [str(alias), int(at), *_] if alias in calls:
            return (alias, at) if 0 <= at < len(calls[alias][1].objects) else None
    return None


def _is_told(alias: str, call: EntityCall, named: list[tuple[str, int] | None]) -> bool:
    """Whether errors speak of every representation of a call, or of no single one."""
    return None in named or {(alias, at) for at in range(len(call.objects))} <= set(named)
