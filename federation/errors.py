"""What can go wrong, and the codes by which the outside knows it.

FederationError
  RequestError                   the client's fault; its message may be shown
    InvalidRequest               the HTTP request is no GraphQL request
    InvalidOperation             parsing, validation or coercion of variables failed
    OperationTooLarge            a configured limit is exceeded
    Unauthenticated              no caller, or one that cannot be believed
    Forbidden                    a known caller may not do this (purpose, refused operation)
  Unavailable                    try again later
    PolicyUnavailable
    AuditUnavailable
  SchemaError                    start-up and command line only
    InvalidSubgraph
    InvalidSupergraph
  SubgraphUnreachable            caught by ``execute``, becomes a ResponseError
  PlanningError                  no route to a valid field: our fault or a foreign supergraph's
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar

from federation.coordinate import Coordinate
from federation.selection import Condition


class FederationError(Exception):
    """A condition in which a stage cannot go on.

    Attributes:
        code: Stable name for machines, shown as ``extensions.code``.
        http_status: Status of an answer that holds nothing but this error.
        extensions: Further facts for machines; safe to show.
    """

    code: ClassVar[str] = "INTERNAL_ERROR"
    http_status: ClassVar[int] = 500

    def __init__(
        self,
        message: str,
        *,
        extensions: Mapping[str, Any] | None = None,
        locations: tuple[tuple[int, int], ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.extensions: Mapping[str, Any] = extensions or {}
        self.locations = locations


class RequestError(FederationError):
    """The client's fault; the message may be shown as it is."""

    code = "BAD_REQUEST"
    http_status = 400


class InvalidRequest(RequestError):
    """The HTTP request is not a GraphQL request."""

    code = "BAD_REQUEST"


class InvalidOperation(RequestError):
    """The document does not parse or validate, or its variables do not fit.

    Attributes:
        errors: Every single fault, in document order.
    """

    code = "GRAPHQL_VALIDATION_FAILED"

    def __init__(self, errors: tuple[ResponseError, ...]) -> None:
        super().__init__(errors[0].message if errors else "the operation is not valid")
        self.errors = errors


class OperationTooLarge(RequestError):
    """A limit on depth, tokens, aliases, lists or size is exceeded."""

    code = "OPERATION_LIMIT_EXCEEDED"


class Unauthenticated(RequestError):
    """The caller is not known, or what it says of itself cannot be believed."""

    code = "UNAUTHENTICATED"
    http_status = 401


class Forbidden(RequestError):
    """A known caller asks for what it may not do at all.

    Attributes:
        errors: One per refused selection where a whole operation is refused for them; else empty.
    """

    code = "FORBIDDEN"
    http_status = 403

    def __init__(
        self,
        message: str,
        *,
        errors: tuple[ResponseError, ...] = (),
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, extensions=extensions)
        self.errors = errors


class Unavailable(FederationError):
    """Something that an answer needs does not work now.

    Attributes:
        detail: What exactly, in our own words, for the operator's log only.
    """

    code = "UNAVAILABLE"
    http_status = 503
    detail: str = ""


class PolicyUnavailable(Unavailable):
    """No decision could be had from the policy engine."""

    code = "POLICY_UNAVAILABLE"


class AuditUnavailable(Unavailable):
    """An audit record could not be made durable."""

    code = "AUDIT_UNAVAILABLE"


class SchemaError(FederationError):
    """A schema cannot be used."""

    code = "INVALID_SCHEMA"


class InvalidSubgraph(SchemaError):
    """The SDL of one subgraph cannot be read.

    Attributes:
        diagnostics: Every finding, each with subgraph, line and column.
    """

    code = "INVALID_GRAPHQL"

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class InvalidSupergraph(SchemaError):
    """A text is not a supergraph SDL of a known join specification."""

    code = "INVALID_SUPERGRAPH"


class SubgraphUnreachable(FederationError):
    """A subgraph gave no complete, well-formed answer in time.

    Attributes:
        subgraph: Its name.
        status: HTTP status where there was one.
    """

    code = "SUBGRAPH_UNREACHABLE"
    http_status = 502

    def __init__(self, subgraph: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.subgraph = subgraph
        self.status = status


class PlanningError(FederationError):
    """A selected field has no route. Satisfiability rules this out for what we composed."""

    code = "PLANNING_FAILED"
    http_status = 400


@dataclass(frozen=True, slots=True)
class ResponseError:
    """One entry of a response's ``errors``: a partial failure, kept as a value.

    Attributes:
        message: For people.
        path: Response keys and list indices; None when the error concerns the whole request.
        locations: Line and column pairs, 1-based.
        extensions: ``code`` and further facts; safe to show.
    """

    message: str
    path: tuple[str | int, ...] | None = None
    locations: tuple[tuple[int, int], ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The error as the response format of the GraphQL specification writes it."""
        result: dict[str, Any] = {"message": self.message}
        if self.locations:
            result["locations"] = [
                {"line": line, "column": column} for line, column in self.locations
            ]
        if self.path is not None:
            result["path"] = list(self.path)
        if self.extensions:
            result["extensions"] = dict(self.extensions)
        return result


@dataclass(frozen=True, slots=True)
class Refusal:
    """A selection that was taken out of an operation, and what the response says in its place.

    Attributes:
        path: Response keys from the root down to the selection itself.
        types: Runtime types of the enclosing object on which it is refused; None for all.
        error: Ready to send; its path ends at the first list.
        type: Type of the selected field as text, as seen through its parent; one that ends in ``!``
            makes null propagate.
        conditions: Run-time conditions under which it was selected at all, as a disjunction of
            conjunctions; empty means always.
        after: Response keys selected before it at the same place; the response keeps that order.
    """

    path: tuple[str, ...]
    types: frozenset[str] | None
    error: ResponseError
    type: str
    conditions: tuple[tuple[Condition, ...], ...] = ()
    after: tuple[str, ...] = ()


class Severity(Enum):
    """Whether a finding stops composition."""

    ERROR = "error"
    HINT = "hint"


@dataclass(frozen=True, slots=True, order=True)
class SourceLocation:
    """A place in one subgraph's SDL; line and column are 1-based, 0 when unknown."""

    subgraph: str
    line: int = 0
    column: int = 0
    file: str = ""

    def __str__(self) -> str:
        place = self.file or self.subgraph
        return f"{place}:{self.line}:{self.column}" if self.line else place


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding about schemas.

    Attributes:
        code: Public code of the field, such as ``EXTERNAL_UNUSED``.
        message: What is wrong, naming both definitions where two conflict.
        severity: Errors stop composition, hints do not.
        coordinate: The element concerned.
        locations: Where, in every subgraph concerned.
        fix: What the department can do.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    coordinate: Coordinate | None = None
    locations: tuple[SourceLocation, ...] = ()
    fix: str = ""
