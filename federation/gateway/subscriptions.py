"""What can end a subscription besides its source: other rights, or a subgraph that is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from federation.access import Restriction
from federation.errors import Forbidden, Refusal, SubgraphUnreachable
from federation.execution import (
    EventTransport,
    ExecutionRequest,
    ExecutionResult,
    SubgraphReply,
    subscribe,
)
from federation.gateway.streams.payload import SubscriptionEnded
from federation.gateway.streams.slots import Slots
from federation.planning import OperationPlan


def check_unchanged(opened: Restriction, now: Restriction, refusals: Iterable[Refusal]) -> None:
    """Whether the stream still asks for what its caller may read, no more and no less.

    Masks may change: they are put on each event. What is asked for, and the row filters that
    the subgraph was given, hold for the stream as it was opened.

    Args:
        opened: As it was.
        now: As it is.
        refusals: Of now, as this caller is told of them.

    Raises:
        Forbidden: Something of it may not be read any more, or other rows or more fields may.
    """
    if now.operation == opened.operation and now.row_filters == opened.row_filters:
        return
    raise Forbidden(
        "what this subscription may read has changed; subscribe again",
        errors=tuple(refusal.error for refusal in refusals),
    )


def check_tested(result: ExecutionResult) -> None:
    """Whether it is known that an event may be told of.

    Its row may be hidden, so that not even an error may say that something happened to it; it may
    be one that its client must not miss. So the subscription ends, as without a decision.

    Raises:
        SubscriptionEnded: What the row is tested by could not be had.
    """
    if result.is_untested:
        raise SubscriptionEnded(
            "what decides which events may be seen could not be had; subscribe again"
        )


@asynccontextmanager
async def open_source(
    plan: OperationPlan,
    work: ExecutionRequest,
    transport: EventTransport,
    slots: Slots,
    caller: str,
) -> AsyncIterator[AsyncIterator[SubgraphReply]]:
    """The source stream of a subscription, which holds one of its caller's slots while it lasts.

    Raises:
        TooManySubscriptions: The caller has no slot left.
        SubscriptionsExhausted: Nobody has.
        SubscriptionEnded: While iterating: the subgraph cannot be reached, broke off or sent what
            is no event.
    """
    with slots.hold(caller):
        try:
            async with subscribe(plan, work, transport) as events:
                yield events
        except SubgraphUnreachable as lost:
            raise SubscriptionEnded(
                f"the subgraph '{lost.subgraph}' ended the subscription before its time",
                extensions={"subgraph": lost.subgraph},
            ) from lost
