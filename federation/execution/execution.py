"""What the fetches of one execution share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from federation.execution.compiled.running import Sent
from federation.execution.model import ExecutionRequest
from federation.execution.transport import Transport
from federation.execution.tree import Faults, Object
from federation.planning.plan import OperationPlan


@dataclass(slots=True)
class Execution:
    """A plan while it is executed, with the tree that its answers are merged into.

    Attributes:
        tree: The root object.
        ends: Time of the event loop's clock at which the deadline has passed.
        given: What a typed run has sent before it gave up, by fetch.
        has_context: Whether some entities are asked about by what is around them.
        concerned: By identity of an error that is told once for many entities: those entities.
    """

    plan: OperationPlan
    request: ExecutionRequest
    transport: Transport
    ends: float | None = None
    tree: Object = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    given: dict[int, Sent] = field(default_factory=dict)
    has_context: bool = False
    concerned: dict[int, Sequence[Object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.has_context = any(
            entity.context for fetch in self.plan.fetches for entity in fetch.entities
        )
