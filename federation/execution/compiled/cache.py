"""Which plans are compiled, and which of them are forgotten."""

from __future__ import annotations

from collections import OrderedDict

from graphql import GraphQLSchema

from federation.execution.compiled.plan import CompiledPlan, compile_plan
from federation.planning.plan import OperationPlan

_SEEN_ONCE = 1_000
"""Plans remembered that came once; one that comes back later than that counts as new."""


class CompiledPlans:
    """Code of plans that came at least twice; the one not used for longest goes first.

    Plans are known by identity, so that nothing is hashed: callers keep the plans in a cache.
    """

    def __init__(self, max_bytes: int) -> None:
        """Empty.

        Args:
            max_bytes: Of all code together, estimated.
        """
        self._max_bytes = max_bytes
        # Plans are kept beside their code: an identity is good only as long as its object lives.
        self._seen: OrderedDict[int, OperationPlan] = OrderedDict()
        self._compiled: OrderedDict[int, tuple[OperationPlan, CompiledPlan | None]] = OrderedDict()
        self.size = 0

    def get(self, plan: OperationPlan, schema: GraphQLSchema) -> CompiledPlan | None:
        """The plan's code; None on first sight, and for plans that are not compiled."""
        known = self._compiled.get(id(plan))
        if known is not None:
            self._compiled.move_to_end(id(plan))
            return known[1]
        if self._seen.pop(id(plan), None) is None:
            self._seen[id(plan)] = plan
            if len(self._seen) > _SEEN_ONCE:
                self._seen.popitem(last=False)
            return None
        compiled = compile_plan(plan, schema)
        if _weight(compiled) > self._max_bytes:
            # Remembered as not compiled, or it would be made again and again.
            compiled = None
        self._compiled[id(plan)] = (plan, compiled)
        self.size += _weight(compiled)
        while self.size > self._max_bytes and len(self._compiled) > 1:
            _, (_, oldest) = self._compiled.popitem(last=False)
            self.size -= _weight(oldest)
        return compiled

    def __len__(self) -> int:
        return len(self._compiled)


def _weight(compiled: CompiledPlan | None) -> int:
    # An entry takes something even when there is nothing to keep.
    return 500 + (compiled.size if compiled is not None else 0)
