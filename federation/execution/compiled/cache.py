"""Which plans are compiled, and which of them are forgotten."""

from __future__ import annotations

import gc
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import partial
from typing import TypeAlias

from graphql import GraphQLSchema

from federation.execution.compiled.typed import TypedPlan, compile_typed
from federation.execution.model import ExecutionRequest
from federation.planning.plan import Conditions, OperationPlan, OutputField
from federation.selection import SelectionSet

Code: TypeAlias = TypedPlan | None

Make: TypeAlias = Callable[[Hashable, Callable[[], Code], Callable[[Code], None]], None]
"""Makes code: its key, how, and who wants it; that may be later, and never if there is no room."""

_SEEN_ONCE = 1_000
"""Plans remembered that came once; one that comes back later than that counts as new."""

_MAX_GARBAGE_BYTES = 16_777_216
"""Of evicted code, estimated, that may wait for the garbage collector."""

_COLLECTING = 0.01
"""The part of all time that may be spent on collecting evicted code, while everybody waits."""


def at_once(_key: Hashable, make: Callable[[], Code], then: Callable[[Code], None]) -> None:
    """Make code while everybody waits for it."""
    then(make())


class CompiledPlans:
    """Code of plans that came at least twice; the one not used for longest goes first.

    Plans are known by identity, so that nothing is hashed: callers keep the plans in a cache. What
    else code depends on is part of the key: masked fields, refusals, and which conditions hold.
    """

    def __init__(self, max_bytes: int, make: Make = at_once) -> None:
        """Empty.

        Args:
            max_bytes: Of all code together, estimated.
            make: Where the ten milliseconds are spent that code takes. What is not there yet runs
                interpreted, or on the code there was.
        """
        self._max_bytes = max_bytes
        self._make = make
        # Plans are kept beside whatever they are the key of: an identity is good only as long as
        # its object lives.
        self._variables: OrderedDict[int, tuple[OperationPlan, tuple[str, ...]]] = OrderedDict()
        self._seen: OrderedDict[Hashable, OperationPlan] = OrderedDict()
        self._compiled: OrderedDict[Hashable, tuple[OperationPlan, Code]] = OrderedDict()
        self.size = 0
        self._garbage = 0
        self._next_collection = 0.0

    def get(self, plan: OperationPlan, request: ExecutionRequest, schema: GraphQLSchema) -> Code:
        """The plan's code for such requests; None on first sight, and for what is not compiled."""
        key = self._key(plan, request)
        known = self._compiled.get(key)
        shared: frozenset[int] = frozenset()
        if known is not None:
            self._compiled.move_to_end(key)
            code = known[1]
            if code is None or code.sharing.wanted == code.sharing.shared:
                return code
            shared = code.sharing.wanted
        elif self._seen.get(key) is None:
            self._seen[key] = plan
            if len(self._seen) > _SEEN_ONCE:
                self._seen.popitem(last=False)
            return None
        elif not self._make_room():
            return None
        self._make(
            (key, shared),
            partial(compile_typed, plan, request, schema, shared),
            partial(self._keep, key, plan),
        )
        made = self._compiled.get(key)
        return made[1] if made is not None else None

    def _keep(self, key: Hashable, plan: OperationPlan, code: Code) -> None:
        """Code that is known from now on; None, and known as such, if it is too large."""
        self._seen.pop(key, None)
        if _weight(code) > self._max_bytes:
            # Or it would be made again and again.
            code = None
        if key in self._compiled:
            self._let_go(self._compiled[key][1])
        self._compiled[key] = (plan, code)
        self.size += _weight(code)
        while self.size > self._max_bytes and len(self._compiled) > 1:
            _, (_, oldest) = self._compiled.popitem(last=False)
            self._let_go(oldest)

    def _make_room(self) -> bool:
        """Free evicted code if it is time to; whether more may be made.

        Classes are parts of cycles. By itself the collector would look for old ones only after a
        hundred thousand operations, and find gigabytes. Called for each few, it would stop
        everybody again and again for somebody who sends ever new operations. So plans wait for code
        while evicted code waits to be freed.
        """
        now = time.monotonic()
        if self._garbage > _MAX_GARBAGE_BYTES and now >= self._next_collection:
            gc.collect()
            self._garbage = 0
            ended = time.monotonic()
            self._next_collection = ended + (ended - now) / _COLLECTING
        return self._garbage <= _MAX_GARBAGE_BYTES

    def _let_go(self, code: Code) -> None:
        self.size -= _weight(code)
        self._garbage += _weight(code)

    def _deciding(self, plan: OperationPlan, request: ExecutionRequest) -> Iterator[str]:
        """Names of the variables that decide what is in the response, with repetitions."""
        known = self._variables.get(id(plan))
        if known is None:
            known = (plan, tuple(sorted(set(_condition_variables(plan)))))
            self._variables[id(plan)] = known
            if len(self._variables) > _SEEN_ONCE:
                self._variables.popitem(last=False)
        yield from known[1]
        for each in request.refusals:
            yield from _variables_of(each.conditions)

    def _key(self, plan: OperationPlan, request: ExecutionRequest) -> Hashable:
        # Where no variable is true, no condition is that variables decide.
        true = [name for name, value in request.variables.items() if value is True]
        decided = tuple(sorted({*true} & {*self._deciding(plan, request)})) if true else ()
        return (
            id(plan),
            decided,
            frozenset(request.masks),
            request.small_counts,
            tuple(
                (each.path, each.types, each.type, each.conditions, each.after)
                for each in request.refusals
            ),
            request.keeps_tree,
        )

    def __len__(self) -> int:
        return len(self._compiled)


def _condition_variables(plan: OperationPlan) -> Iterator[str]:
    """Variables of all conditions in a plan, with repetitions."""
    for fetch in plan.fetches:
        yield from _variables_of(fetch.conditions)
        yield from _in_selections(fetch.selections)
        for entity in fetch.entities:
            yield from _variables_of(entity.conditions)
            yield from _in_selections(entity.selections)
    yield from _in_outputs(plan.output)


def _in_selections(selections: SelectionSet) -> Iterator[str]:
    for each in selections:
        yield from (condition.variable for condition in each.conditions)
        yield from _in_selections(each.selections)


def _in_outputs(fields: Iterable[OutputField]) -> Iterator[str]:
    for each in fields:
        yield from _variables_of(each.conditions)
        yield from _in_outputs(each.fields)


def _variables_of(conditions: Conditions) -> Iterator[str]:
    return (each.variable for conjunction in conditions for each in conjunction)


def _weight(compiled: Code) -> int:
    # An entry takes something even when there is nothing to keep.
    return 500 + (compiled.size if compiled is not None else 0)
