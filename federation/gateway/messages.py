"""What goes into the request pipeline and what comes out: free of HTTP's framing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct, field
from starlette.datastructures import Headers

from federation.errors import (
    FederationError,
    Forbidden,
    InvalidOperation,
    PolicyUnavailable,
    RequestError,
    ResponseError,
    Unauthenticated,
    Unavailable,
)
from federation.gateway.acceptance import Acceptance
from federation.gateway.turns import TooManyNewOperations

REQUEST_HEADER = "Datong-Request"
"""Tells departments for which request of a client they are asked: its id, as clients get it."""


class Request(Struct, frozen=True):
    """One well-formed GraphQL request.

    Attributes:
        id: Names the request in logs, audit records and error messages.
        query: The document, as the client wrote it.
        variables: Raw JSON values, not yet coerced.
        headers: All request headers; only those on the allow-list go on to subgraphs.
        is_get: Whether it came by GET, where mutations are not answered.
        accepts_events: Whether the client reads event streams, the only answer to subscriptions.
        accepts_parts: How the client takes responses in parts; None when it does not.
    """

    id: str
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    headers: Headers = field(default_factory=Headers)
    is_get: bool = False
    accepts_events: bool = False
    accepts_parts: Acceptance | None = None


class Response(Struct, frozen=True):
    """The answer to one request.

    Attributes:
        body: The GraphQL response as JSON.
        status: HTTP status under `application/graphql-response+json`.
        headers: Further response headers.
        code: The error's code when nothing but one error is answered, for the log.
    """

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""


Emit: TypeAlias = Callable[[Response], Awaitable[None]]
"""Takes one event; returns when the client's connection has room for the next."""


@dataclass(frozen=True, slots=True)
class EventStream:
    """The answer to a subscription that may be opened.

    Attributes:
        run: Opens it, emits its events, and returns what ended it: None when it is complete.
    """

    run: Callable[[Emit], Awaitable[Response | None]]


@dataclass(frozen=True, slots=True)
class PartStream:
    """The answer to a query that comes in parts.

    Attributes:
        acceptance: How the client takes them.
        run: Emits the parts, and returns what broke them off: None when they are complete.
    """

    acceptance: Acceptance
    run: Callable[[Emit], Awaitable[Response | None]]


Answer: TypeAlias = Response | EventStream | PartStream


class NotOverGet(RequestError):
    """A mutation came by GET."""

    code = "METHOD_NOT_ALLOWED"
    http_status = 405


class EventsNotAccepted(RequestError):
    """A subscription came from a client that does not accept `text/event-stream`."""

    code = "NOT_ACCEPTABLE"
    http_status = 406


class DeadlineExceeded(Unavailable):
    """The request took longer than a request may take."""

    code = "DEADLINE_EXCEEDED"
    http_status = 504


def refuse(error: FederationError, request_id: str) -> Response:
    """The answer that holds nothing but a failure.

    A fault of ours is not explained; the request id leads to its log line.
    """
    code, status = error.code, error.http_status
    if isinstance(error, InvalidOperation):
        errors = error.errors or (ResponseError(error.message),)
    elif isinstance(error, Forbidden) and error.errors:
        errors = error.errors
    elif isinstance(error, PolicyUnavailable):
        # What the engine said is for the operator's log: it may quote rules and addresses.
        errors = (ResponseError("no decision could be had from the policy engine: all is denied"),)
    elif isinstance(error, RequestError | Unavailable):
        errors = (ResponseError(error.message, None, error.locations, error.extensions),)
    else:
        errors = (ResponseError(f"internal error, request {request_id}"),)
        code, status = "INTERNAL_ERROR", 500
    return Response(
        encode({"errors": [_with_code(entry, code).to_json() for entry in errors]}),
        status,
        _headers_of(error),
        code,
    )


def _with_code(entry: ResponseError, code: str) -> ResponseError:
    if "code" in entry.extensions:
        return entry
    extensions = {"code": code, **entry.extensions}
    return ResponseError(entry.message, entry.path, entry.locations, extensions)


def _headers_of(error: FederationError) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        return {"www-authenticate": 'Bearer realm="datong", error="invalid_token"'}
    if isinstance(error, NotOverGet):
        return {"allow": "POST"}
    if isinstance(error, Unavailable | TooManyNewOperations):
        return {"retry-after": "1"}
    return {}


def encode(document: Mapping[str, Any]) -> bytes:
    """JSON text of a response."""
    return msgspec.json.encode(document)
