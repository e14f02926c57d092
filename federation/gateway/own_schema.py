"""Each caller's own view of the schema, for introspection and for what messages may name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from graphql import GraphQLSchema

from federation.access import Asker, Decision, Uses, Verdict, build_view, everything
from federation.errors import InvalidOperation, ResponseError, Unavailable
from federation.gateway.bounded import Bounded
from federation.gateway.deciding import ViewOf
from federation.gateway.state import State
from federation.operation import Operation, introspect
from federation.operation.introspection import INTROSPECTION_FIELDS
from federation.operation.parse import PARSE_FAILED
from federation.planning.plan import OutputField

LARGE = 1_000
"""Fields of a schema beyond which its views are made, and read, outside the event loop."""

UNTOLD = ResponseError(
    "The operation is not valid, or holds what this caller may not ask.",
    extensions={"code": InvalidOperation.code},
)
"""What is said where nothing else may be: one answer for what is denied and what does not exist."""

Result = TypeVar("Result")
_Verdicts = Mapping[tuple[str, str], Verdict]


class OwnSchemas:
    """Views by what their callers may do; equal answers of the policies share one.

    Args:
        view: What a caller may do with a whole schema, kept for a short while.
        capacity: Schemas that are kept.
        wait_seconds: For a view that only words a message.
    """

    def __init__(self, view: ViewOf, capacity: int, wait_seconds: float) -> None:
        self._view = view
        self._wait_seconds = wait_seconds
        self._fields: Bounded[str, Mapping[str, Uses]] = Bounded(2)
        self._made: Bounded[tuple[str, int], tuple[_Verdicts, GraphQLSchema]] = Bounded(capacity)
        self._making: dict[tuple[str, int], asyncio.Task[GraphQLSchema]] = {}

    async def of(self, asker: Asker, state: State) -> GraphQLSchema:
        """The part of the API schema that somebody can get.

        Raises:
            Unavailable: The policies give no answer now.
        """
        fields = self._fields.get(state.revision)
        if fields is None:
            asked = await aside(len(state.index.fields), partial(everything, state.index))
            fields = self._fields.put(state.revision, asked)
        verdicts = await self._view(asker, fields, state.revision)
        key = (state.revision, id(verdicts))
        made = self._made.get(key)
        if made is not None and made[0] is verdicts:
            return made[1]
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._make(key, verdicts, state))
            task.add_done_callback(lambda _: self._making.pop(key, None))
        # A caller who goes away must not take the view from the others who wait for it.
        return await asyncio.shield(task)

    async def _make(self, key: tuple[str, int], verdicts: _Verdicts, state: State) -> GraphQLSchema:
        decision = Decision(verdicts, {}, "")
        schema = await aside(len(verdicts), partial(build_view, state.index, decision))
        return self._made.put(key, (verdicts, schema))[1]

    async def worded(
        self,
        fault: InvalidOperation,
        asker: Asker,
        state: State,
        read: Callable[[GraphQLSchema], Awaitable[object]],
    ) -> InvalidOperation:
        """What an asker is told of a fault: it names only what the asker can get.

        Args:
            fault: Found on the whole schema.
            asker: Who asked.
            state: What it was found on.
            read: Reads and checks the operation once more, on a schema; its own fault is raised.
        """
        if UNTOLD in fault.errors or is_about_the_text(fault):
            return fault
        try:
            async with asyncio.timeout(self._wait_seconds):
                schema = await self.of(asker, state)
        except (TimeoutError, Unavailable):
            return InvalidOperation((UNTOLD,))
        await read(schema)
        return InvalidOperation((UNTOLD,))


async def introspected(
    texts: Iterable[str], operation: Operation, schema: GraphQLSchema, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """``introspect``, outside the event loop where the schema is large."""
    return await aside(
        len(schema.type_map) * 8, partial(introspect, texts, operation, schema, variables)
    )


async def aside(size: int, work: Callable[[], Result]) -> Result:
    """The result of pure work, by another thread when it is much."""
    return work() if size < LARGE else await asyncio.to_thread(work)


def introspections(output: Iterable[OutputField]) -> Iterator[str]:
    """What a plan's response tells of the schema, wherever it comes upon the query type."""
    for each in output:
        if each.name in INTROSPECTION_FIELDS:
            yield each.source
        yield from introspections(each.fields)


def is_about_the_text(fault: InvalidOperation) -> bool:
    """Whether a fault is one of syntax, which depends on no schema."""
    return bool(fault.errors) and all(
        each.extensions.get("code") == PARSE_FAILED for each in fault.errors
    )
