"""The ASGI application of a department: POST /graphql and GET /health."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from traceback import format_tb
from typing import Any

import orjson
from graphql import GraphQLError
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from subgraphs.toolkit.access_context import ANYBODY, AccessContext, ContextVerifier
from subgraphs.toolkit.cursors import Cursors
from subgraphs.toolkit.database import RequestSession, open_engine
from subgraphs.toolkit.errors import (
    AccessRefused,
    RowFilterInvalid,
    RowNotAdmitted,
    StatementRefused,
)
from subgraphs.toolkit.row_filters import bind_filters
from subgraphs.toolkit.schema import Department, is_client_error
from subgraphs.toolkit.scope import Scope

log = logging.getLogger(__name__)

MAX_BODY = 8_000_000
CONTEXT_HEADER = "datong-context"
REQUEST_HEADER = "datong-request"
_GRAPHQL = "application/graphql-response+json"


def build_app(
    department: Department,
    database_url: str,
    verifier: ContextVerifier | None,
    cursor_key: bytes | None = None,
) -> Starlette:
    """The service of a department.

    Args:
        department: What it answers.
        database_url: ``sqlite:///file`` or ``postgresql://...``; must exist and be filled.
        verifier: Checks access contexts; None answers anybody.
        cursor_key: 64 bytes, the same for all processes that serve this department; None ends
            cursors with the process.
    """
    engine = open_engine(database_url)
    cursors = Cursors(cursor_key)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    async def answer(request: Request) -> Response:
        media = _GRAPHQL if _GRAPHQL in request.headers.get("accept", "") else "application/json"
        try:
            query, variables, operation_name = await _read_request(request)
        except ValueError as fault:
            return _refuse(400, "BAD_REQUEST", str(fault), media)
        try:
            access = await _identify(verifier, request, query)
            filters = bind_filters(department.sources, access.row_filters)
        # The gateway shows nobody what a department says, so whoever runs it reads it here.
        except AccessRefused as refused:
            if CONTEXT_HEADER in request.headers:
                log.warning("%s: %s%s", refused.code, refused, _asked_by(request))
            return _refuse(401, refused.code, str(refused), media)
        except RowFilterInvalid as fault:
            log.warning("ROW_FILTER_INVALID: %s%s", fault, _asked_by(request))
            return _refuse(403, "ROW_FILTER_INVALID", str(fault), media)
        session = RequestSession(engine, filters)
        try:
            result = await department.schema.execute(
                query,
                variable_values=variables,
                operation_name=operation_name,
                context_value=Scope(access, filters, session, cursors),
            )
        finally:
            await session.close()
        body: dict[str, Any] = {}
        if result.errors:
            body["errors"] = [print_error(error, _asked_by(request)) for error in result.errors]
        # A request that failed before execution has no data entry at all.
        failed_early = result.data is None and all(not e.path for e in result.errors or ())
        if not failed_early:
            body["data"] = result.data
        status = 400 if failed_early and media == _GRAPHQL else 200
        return _respond(status, body, media)

    async def health(_request: Request) -> Response:
        return _respond(200, {"status": "ok", "subgraph": department.name}, "application/json")

    return Starlette(
        routes=[
            Route("/graphql", answer, methods=["POST"]),
            Route("/health", health, methods=["GET"]),
        ],
        lifespan=lifespan,
    )


async def _identify(
    verifier: ContextVerifier | None, request: Request, query: str
) -> AccessContext:
    if verifier is None:
        return ANYBODY
    return await verifier.verify(request.headers.get(CONTEXT_HEADER), query)


async def _read_request(request: Request) -> tuple[str, dict[str, Any] | None, str | None]:
    """Query, variables and operation name of the body.

    Raises:
        ValueError: Not a GraphQL request in JSON.
    """
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ValueError("send the request as application/json")
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > MAX_BODY:
            raise ValueError("the request is too large")
    try:
        body = orjson.loads(bytes(parts))
    except orjson.JSONDecodeError as fault:
        raise ValueError("the body is not JSON") from fault
    match body:
        case {"query": str(query), **rest}:
            variables, name = rest.get("variables"), rest.get("operationName")
            if isinstance(variables, dict | None) and isinstance(name, str | None):
                return query, variables, name
    raise ValueError("the body is an object with query, variables and operationName")


def _asked_by(request: Request) -> str:
    """The gateway's id of a client's request, for our log; empty where it says none."""
    told = request.headers.get(REQUEST_HEADER, "")
    # Whoever reaches this port can send one.
    return f" (request {told})" if told.isalnum() and told.isascii() and len(told) <= 64 else ""


def print_error(error: GraphQLError, asked_by: str) -> dict[str, Any]:
    """The error as the client may see it: no cause, no SQL, no values of ours."""
    if is_client_error(error):
        return dict(error.formatted)
    if isinstance(error.original_error, StatementRefused):
        message, code = "the rows cannot be filtered here", "STATEMENT_REFUSED"
    elif isinstance(error.original_error, RowNotAdmitted):
        message, code = "nothing was written: a row would be out of reach", "ROW_NOT_ADMITTED"
    else:
        message, code = "the department could not answer", "INTERNAL_ERROR"
    fault = error.original_error
    if isinstance(fault, DBAPIError):
        # What a driver says quotes values: a key that is taken, a number that is too large.
        trace = "".join(format_tb(fault.__traceback__))
        said = (type(fault.orig).__name__, error.path, asked_by, fault.statement, trace)
        log.error("%s at %s%s\n%s\n%s", *said)
    else:
        log.error("%s at %s%s", type(fault).__name__, error.path, asked_by, exc_info=fault)
    shown = dict(GraphQLError(message, error.nodes, path=error.path).formatted)
    shown["extensions"] = {"code": code}
    return shown


def _refuse(status: int, code: str, message: str, media: str) -> Response:
    return _respond(status, {"errors": [{"message": message, "extensions": {"code": code}}]}, media)


def _respond(status: int, body: dict[str, Any], media: str) -> Response:
    return Response(
        orjson.dumps(body),
        status,
        headers={"cache-control": "no-store"},
        media_type=f"{media}; charset=utf-8",
    )
