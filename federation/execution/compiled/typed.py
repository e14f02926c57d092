"""A plan as code on structs: what is sent, what is made of answers, and the response's text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import msgspec
from graphql import GraphQLSchema

from federation.execution.compiled.dropping import columns_of
from federation.execution.compiled.positions import Call, Node, Position, Positions
from federation.execution.compiled.sharing import Repeats, Sharing
from federation.execution.compiled.source import Source, Unexpected
from federation.execution.compiled.writing import Writer
from federation.execution.model import ExecutionRequest, holds
from federation.planning.entity_text import calls_text, client_variables
from federation.planning.plan import Fetch, OperationPlan

State: TypeAlias = Any
"""What the functions of one plan share while it runs; they alone know what is in it."""

_BYTES_PER_CLASS = 4_000
_VAIN_RUNS, _ONE_IN = 3, 50

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Step:
    """One fetch.

    Attributes:
        head: Of the request's body, up to the first variable.
        variables: Of the client, to send along.
        then: Positions of the steps that wait for this one.
        waits_for: How many steps this one waits for.
        ask: The representations as variables; None if there are none. Of a root fetch None.
        take: Puts an answer where it belongs; raises whatever there is to raise if it is not sound.
    """

    fetch: Fetch
    head: bytes
    then: tuple[int, ...]
    waits_for: int
    ask: Callable[[State], bytes | None] | None
    take: Callable[[State, bytes], None]

    def body(self, state: State, variables: Mapping[str, Any]) -> bytes | None:
        """What is posted; None when there is nothing to ask for."""
        asked = b""
        if self.ask is not None:
            found = self.ask(state)
            if found is None:
                return None
            asked = found
        if self.fetch.variables:
            given = {name: variables[name] for name in self.fetch.variables if name in variables}
            first = _encode(given)[1:-1]
            asked = b"%b,%b" % (first, asked) if first and asked else first or asked
        return b"%b%b}}" % (self.head, asked)


class Trust:
    """Whether a run is worth beginning: after three vain ones in a row, one in fifty is."""

    def __init__(self) -> None:
        self._vain = 0
        self._spared = 0

    def is_due(self) -> bool:
        """Whether to begin one now."""
        if self._vain < _VAIN_RUNS:
            return True
        self._spared = (self._spared + 1) % _ONE_IN
        return self._spared == 0

    def note(self, *, is_vain: bool) -> None:
        """How one ended."""
        self._vain = self._vain + 1 if is_vain else 0


@dataclass(frozen=True, slots=True)
class TypedPlan:
    """Code of one plan for requests with the same conditions, masked fields and refusals.

    Attributes:
        steps: One for each fetch that these conditions do not switch off.
        state: Makes an empty state.
        drop: Takes out rows that may not be shown, before anything else is made.
        tree: The tree of answers as it is before ``finish``.
        roots: The values under its root's keys, as structs.
        attribute: Of these structs, for a tree key.
        finish: The text of the response, without errors.
        repeats: How often objects repeated themselves in a run.
        size: About how many bytes it takes.
        sharing: What of that repeats itself.
        trust: What became of its runs.
    """

    steps: tuple[Step, ...]
    state: Callable[[], State]
    drop: Callable[[State], None]
    tree: Callable[[State], dict[str, Any]]
    roots: Callable[[State], dict[str, Any]]
    attribute: Callable[[str], str]
    finish: Callable[[State], bytes]
    repeats: Callable[[State], Repeats]
    size: int
    sharing: Sharing = field(compare=False)
    trust: Trust = field(default_factory=Trust, compare=False)


def compile_typed(
    plan: OperationPlan,
    request: ExecutionRequest,
    schema: GraphQLSchema,
    shared: frozenset[int] = frozenset(),
) -> TypedPlan | None:
    """Code for a query; None where the tree of answers is not what code on structs can foresee.

    Args:
        plan: Every fetch of it.
        request: Which fields are masked, what was refused, and which conditions hold; no other
            value of it becomes part of the code.
        schema: API schema.
        shared: What ``Sharing`` of earlier code for the same requests wanted.
    """
    if plan.kind != "query" or request.introspection or plan.deferrals:
        return None
    try:
        return _compile(plan, request, schema, shared)
    except Unexpected:
        return None


def _compile(
    plan: OperationPlan, request: ExecutionRequest, schema: GraphQLSchema, shared: frozenset[int]
) -> TypedPlan:
    positions = Positions(plan, request, schema)
    running = [each for fetch in plan.fetches if (each := _wanted(fetch, request)) is not None]
    if not running:
        raise Unexpected
    roots = {}
    calls: dict[int, list[Call]] = {}
    fetched: dict[str, int] = {}
    for fetch in running:
        if fetch.entities:
            calls[fetch.id] = _calls(fetch, positions)
        elif fetch.path:
            raise Unexpected
        else:
            roots[fetch.id] = positions.enter_root(fetch.selections)
            for key in roots[fetch.id]:
                fetched.setdefault(key, fetch.id)
    found = list(_inside(positions.root))
    source = Source()
    tested = columns_of(plan.row_tests, positions.root)
    writer = Writer(source, schema, calls, tested, shared, keeps_tree=request.keeps_tree)
    writer.list_objects(found)
    for fetch in running:
        if fetch.entities:
            writer.entities(fetch)
        else:
            writer.root(fetch, roots[fetch.id], plan.root_type)
    writer.rows.drop(plan.row_tests, positions.root, fetched)
    writer.response.tree(fetched)
    writer.response.finish(positions.root, fetched, calls, found)
    candidates = {
        part.position.number: f"{fetch_id}_{call.number}_{part.number}"
        for fetch_id, each in calls.items()
        for call in each
        for part in call.parts
    }
    source.add(*_repeats(candidates, shared))
    size = source.run() + _BYTES_PER_CLASS * (len(positions.nodes) + len(running))
    return TypedPlan(
        steps=_steps(running, source.names),
        state=_state(positions, calls, shared),
        drop=source.names["drop"],
        tree=source.names["tree"],
        roots=source.names["roots"],
        attribute=writer.attribute,
        finish=source.names["finish"],
        repeats=source.names["repeats"],
        size=size,
        sharing=Sharing(shared, dict(_around(positions.root, candidates.keys()))),
    )


def _wanted(fetch: Fetch, request: ExecutionRequest) -> Fetch | None:
    """A fetch without what conditions switch off, as the interpreted executor sends it."""
    if not holds(fetch.conditions, request.variables):
        return None
    if all(holds(each.conditions, request.variables) for each in fetch.entities):
        return fetch
    wanted = tuple(each for each in fetch.entities if holds(each.conditions, request.variables))
    if not wanted:
        return None
    text, variables = calls_text(fetch, wanted), client_variables(wanted)
    return replace(fetch, entities=wanted, text=text, variables=variables)


def _calls(fetch: Fetch, positions: Positions) -> list[Call]:
    if any(entity.context for entity in fetch.entities):
        # How many calls there are depends on what stands around the entities.
        raise Unexpected
    return [positions.enter_call(entity, at) for at, entity in enumerate(fetch.entities)]


def _inside(node: Node) -> Iterator[Position]:
    """All positions inside, outer ones first."""
    for slot in node.slots.values():
        if slot.child is not None:
            yield slot.child
            for inner in slot.child.nodes.values():
                yield from _inside(inner)


def _around(
    node: Node, candidates: Collection[int], outer: frozenset[int] = frozenset()
) -> Iterator[tuple[int, frozenset[int]]]:
    """Candidates below a node, each with those around it."""
    for slot in node.slots.values():
        if slot.child is None:
            continue
        inside = outer
        if slot.child.number in candidates:
            yield slot.child.number, outer
            inside = outer | {slot.child.number}
        for inner in slot.child.nodes.values():
            yield from _around(inner, candidates, inside)


def _repeats(candidates: Mapping[int, str], shared: frozenset[int]) -> list[str]:
    """The function that counts; where objects were taken apart already, it was counted then."""
    counted = (
        f"{position}: s.c{position}"
        if position in shared
        else f"{position}: (len(s.k{part}), len(set(s.k{part})))"
        for position, part in candidates.items()
    )
    return ["def repeats(s):", f"    return {{{', '.join(counted)}}}"]


def _steps(running: list[Fetch], names: Mapping[str, Any]) -> tuple[Step, ...]:
    at = {fetch.id: index for index, fetch in enumerate(running)}
    after = [[at[each] for each in fetch.after if each in at] for fetch in running]
    return tuple(
        Step(
            fetch=fetch,
            head=b'{"query":%b,"variables":{' % _encode(fetch.text),
            then=tuple(later for later, earlier in enumerate(after) if index in earlier),
            waits_for=len(set(after[index])),
            ask=names.get(f"ask{fetch.id}"),
            take=names[f"take{fetch.id}"],
        )
        for index, fetch in enumerate(running)
    )


def _state(
    positions: Positions, calls: Mapping[int, list[Call]], shared: frozenset[int]
) -> Callable[[], State]:
    empty: dict[str, Any] = {f"n{node.number}": () for node in positions.nodes}
    empty["masked"] = empty["filtered"] = 0
    empty |= {f"c{number}": (0, 0) for number in shared}
    for fetch_id, each in calls.items():
        empty[f"count{fetch_id}"] = 0
        empty |= {
            f"{kept}{fetch_id}_{call.number}_{part.number}": ()
            for call in each
            for part in call.parts
            for kept in "kl"
        }
    return type("State", (), empty)
