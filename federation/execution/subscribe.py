"""The source stream of a subscription: what its one root fetch asks for, event by event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from federation.execution.model import ExecutionRequest
from federation.execution.transport import EventTransport, SubgraphReply, SubgraphRequest
from federation.planning.plan import OperationPlan


@asynccontextmanager
async def subscribe(
    plan: OperationPlan, request: ExecutionRequest, transport: EventTransport
) -> AsyncIterator[AsyncIterator[SubgraphReply]]:
    """The events behind a subscription; each is to be given to ``execute_event``.

    Args:
        plan: Of kind ``subscription``; its fetch 0 is the only one that is sent here.
        request: As it is when the stream is opened; later events may be executed with another.
        transport: Asked for one stream.

    Raises:
        SubgraphUnreachable: While iterating; see ``EventTransport``.

    Source:
        GraphQL specification, "CreateSourceEventStream".
    """
    fetch = plan.fetches[0]
    assert fetch.kind == "subscription", "the root field of a subscription is fetched first"
    headers = request.headers_for(fetch.subgraph, fetch.text)
    given = request.variables
    variables = {name: given[name] for name in fetch.variables if name in given}
    source = SubgraphRequest(fetch.text, variables, fetch.kind, headers)
    async with transport.events(fetch.subgraph, source) as events:
        yield events
