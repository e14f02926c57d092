"""What execution takes and gives, beside the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, NamedTuple, Protocol, TypeAlias

from msgspec import Struct, field

from federation.errors import Refusal, ResponseError
from federation.planning.plan import Conditions
from federation.selection import Condition

Mask: TypeAlias = Callable[[Any], Any]
"""From a value to its masked form of the same scalar; None masks to null."""

Holds: TypeAlias = Callable[[Mapping[str, Any]], bool]
"""Whether a row, values by field name, may be shown; a field without value may be absent."""


class Observe(Protocol):
    """Looks at answers that were decoded into structs."""

    def __call__(
        self, roots: Mapping[str, Any], attribute: Callable[[str], str], *, repeats: bool
    ) -> Any:
        """What was wanted of them.

        Args:
            roots: The values under the root's tree keys.
            attribute: Of the structs, for a tree key.
            repeats: Whether one struct may stand in many places.
        """
        ...


HeadersFor: TypeAlias = Callable[[str, str], Mapping[str, str]]
"""Headers for a subgraph (by name) and the operation text that will be sent."""


RequestLink: TypeAlias = Callable[[str, str], str]
"""Where access to one use of a coordinate can be requested; an empty text for nowhere."""


def _no_headers(_subgraph: str, _text: str) -> Mapping[str, str]:
    return {}


def _nowhere(_coordinate: str, _use: str) -> str:
    return ""


class ExecutionRequest(Struct, frozen=True):
    """One request's share in the execution of a plan.

    Attributes:
        variables: Coerced values of the operation's variables.
        masks: By runtime type and field name; applied to leaves and to each item of lists of them.
        small_counts: Counts, by object type and field name, that are null below ``smallest_count``.
        smallest_count: Of those that are shown.
        row_tests: By object type, for each that the plan tests.
        refusals: What was taken out of the operation before planning.
        request_link: For errors about counts that are too small; ``refusals`` have theirs.
        introspection: Values of introspection fields by the ``source`` that they have in the plan.
        headers_for: Asked once for every request that is sent.
        deadline: Seconds left for all fetches together; None for no limit. Fetches that have not
            ended by then fail, and what is there is answered.
        show_subgraph_errors: Whether messages and extensions of subgraphs' errors reach the client.
        keeps_tree: Whether the tree of answers is wanted beside the response.
        observe: Asked instead of keeping the tree, where answers were decoded into structs and
            nothing was refused: making a tree of them costs more than to look at them.
    """

    variables: Mapping[str, Any] = field(default_factory=dict)
    masks: Mapping[tuple[str, str], Mask] = field(default_factory=dict)
    small_counts: frozenset[tuple[str, str]] = frozenset()
    smallest_count: int = 5
    row_tests: Mapping[str, Holds] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    request_link: RequestLink = _nowhere
    introspection: Mapping[str, Any] = field(default_factory=dict)
    headers_for: HeadersFor = _no_headers
    deadline: float | None = None
    show_subgraph_errors: bool = True
    keeps_tree: bool = False
    observe: Observe | None = None


class Outcome(Enum):
    """How a fetch ended."""

    ANSWERED = "answered"
    SKIPPED = "skipped"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed out"
    MALFORMED = "malformed"


class FetchReport(NamedTuple):
    """What became of one fetch of the plan.

    Attributes:
        id: As in the plan.
        outcome: SKIPPED when nothing had to be sent, by conditions or for want of objects.
        requests: Sent; more than one when a merged fetch was repeated in parts.
        representations: Entities asked for, duplicates removed.
        errors: Reported by the subgraph or about its answer.
        seconds: From the end of what it waited for to its own end.
    """

    id: int
    subgraph: str
    kind: str
    outcome: Outcome
    requests: int = 0
    representations: int = 0
    errors: int = 0
    seconds: float = 0.0


class ExecutionResult(Struct, frozen=True):
    """The response, and how it came about.

    Attributes:
        data: None when null propagated to the root, and where there is ``text``.
        text: The response without errors as JSON, where it was made without a tree.
        errors: Refusals, then errors of fetches in the plan's order, then those of the response.
        report: Makes ``reports``, which few ask for.
        tree: What was fetched, unmasked and with what only the plan needed; for the audit trail.
        observed: What ``ExecutionRequest.observe`` answered; None where it was not asked.
        masked: How many values were masked.
        filtered: How many rows were taken out here, since their subgraph could not do it.
        is_withheld: A value of the root itself was such a row: an event of which its client may not
            even know.
        is_untested: A value of the root itself was a row that could not be tested: nobody can say
            whether its client may know of the event.
        is_part: It is one part of a response; a list that is not whole is told as its items by
            index.
    """

    data: dict[str, Any] | None
    errors: tuple[ResponseError, ...] = ()
    report: Callable[[], tuple[FetchReport, ...]] = tuple
    tree: dict[str, Any] = field(default_factory=dict)
    observed: Any = None
    masked: int = 0
    filtered: int = 0
    is_withheld: bool = False
    is_untested: bool = False
    text: bytes | None = None
    is_part: bool = False

    def __repr__(self) -> str:
        """Nothing that was fetched: it might end in a log."""
        return f"ExecutionResult(errors={self.errors!r})"

    @property
    def data_text(self) -> bytes | None:
        """The data as JSON, where there is ``text``."""
        return None if self.text is None else self.text[len(b'{"data":') : -1]

    @property
    def reports(self) -> tuple[FetchReport, ...]:
        """One for each fetch of the plan, in its order."""
        return self.report()

    @property
    def touched(self) -> tuple[str, ...]:
        """Names of the subgraphs that something was sent to, sorted."""
        return tuple(sorted({each.subgraph for each in self.reports if each.requests}))


def holds(conditions: Conditions, variables: Mapping[str, Any]) -> bool:
    """Whether run-time conditions select something with these values, now or later."""
    return not conditions or any(
        all(
            (variables.get(each.variable) is True) != each.negated
            for each in conjunction
            if not each.deferral.number
        )
        for conjunction in conditions
    )


def active(deferrals: Iterable[Condition], variables: Mapping[str, Any]) -> frozenset[int]:
    """Numbers of those deferrals that these values do not switch off."""
    return frozenset(
        each.deferral.number
        for each in deferrals
        if not each.variable or variables.get(each.variable) is not False
    )


def minimal(sets: Iterable[frozenset[int]]) -> frozenset[frozenset[int]]:
    """Those sets that hold no other of them."""
    found = frozenset(sets)
    return frozenset(each for each in found if not any(other < each for other in found))
