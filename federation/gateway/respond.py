"""The last stage: a result as the bytes that leave."""

from __future__ import annotations

from typing import Any

import msgspec

from federation.access import Restriction
from federation.execution import ExecutionResult
from federation.gateway.messages import Response, encode


def respond(result: ExecutionResult, extensions: dict[str, Any] | None = None) -> Response:
    """The GraphQL response of an executed operation; always of status 200.

    Args:
        result: Complete; its refusals are among its errors.
        extensions: Goes under `extensions.datong`.

    Source:
        GraphQL specification, "Response Format".
    """
    if result.text is not None and not result.errors and extensions is None:
        return Response(result.text)
    text = result.data_text
    data = result.data if text is None else msgspec.Raw(text)
    document: dict[str, Any] = {"data": data}
    if result.errors:
        document["errors"] = [error.to_json() for error in result.errors]
    if extensions is not None:
        document["extensions"] = {"datong": extensions}
    return Response(encode(document))


def describe(
    result: ExecutionResult, restriction: Restriction, milliseconds: float
) -> dict[str, Any]:
    """How a request was answered, for clients that ask and may know."""
    return {
        "masked": {".".join(place): mask for place, mask in sorted(restriction.masks.items())},
        "fetches": [
            {
                "subgraph": report.subgraph,
                "outcome": report.outcome.value,
                "requests": report.requests,
                "entities": report.representations,
                "ms": round(report.seconds * 1000, 1),
            }
            for report in result.reports
        ],
        "policyRevision": restriction.revision,
        "ms": round(milliseconds, 1),
    }
