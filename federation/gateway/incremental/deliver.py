"""One response in parts: each is written, recorded, and only then sent."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import GraphQLSchema

from federation.audit import NamedPlan
from federation.execution import ExecutionRequest, Payload, Transport, execute_incrementally
from federation.gateway.acceptance import Format
from federation.gateway.incremental.released import part_result
from federation.gateway.incremental.writing import PayloadWriter
from federation.gateway.messages import Emit, Response
from federation.gateway.trail import Trail


@dataclass(frozen=True, slots=True)
class Delivered:
    """What is delivered: a plan with one request's share in it."""

    plan: NamedPlan
    work: ExecutionRequest
    schema: GraphQLSchema
    format: Format


async def deliver(
    what: Delivered, transport: Transport, trail: Trail, emit: Emit
) -> Response | None:
    """Send all parts of a response; what broke it off, as its last part, if anything did.

    What broke it off before the first part is an answer of its own.
    """
    writer = PayloadWriter(what.format)

    async def release(payload: Payload) -> None:
        await trail.release_part(part_result(payload), what.plan, is_last=not payload.has_next)
        await emit(writer.write(payload))

    async with trail:
        await execute_incrementally(what.plan.plan, what.work, transport, what.schema, release)
    return writer.break_off(trail.failure) if trail.failure is not None else None
