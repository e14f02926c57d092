"""Between GraphQL and JSON: the body of a subgraph request, and the reply in that of an answer."""

from __future__ import annotations

from typing import Any

import msgspec

from federation.errors import SubgraphUnreachable
from federation.execution.transport import ByteReply, SubgraphReply, SubgraphRequest


def body_of(request: SubgraphRequest) -> bytes:
    """What is posted."""
    return msgspec.json.encode({"query": request.text, "variables": request.variables})


def read_reply(subgraph: str, answer: ByteReply) -> SubgraphReply:
    """The reply that a body holds; one with ``errors`` is a normal reply, whatever its status.

    Raises:
        SubgraphUnreachable: It is no GraphQL response.

    Source:
        GraphQL over HTTP, "Response".
    """
    status = answer.status
    try:
        body = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        raise SubgraphUnreachable(subgraph, "the answer is no JSON", status) from None
    if not _is_response(body):
        raise SubgraphUnreachable(subgraph, f"status {status} and no GraphQL response", status)
    extensions = body.get("extensions")
    return SubgraphReply(
        data=body.get("data"),
        errors=tuple(body.get("errors") or ()),
        extensions=extensions if isinstance(extensions, dict) else {},
        status=status,
    )


def _is_response(body: Any) -> bool:
    """Whether JSON is a GraphQL response: an object with data, errors or both."""
    if not isinstance(body, dict) or not ("data" in body or "errors" in body):
        return False
    return isinstance(body.get("errors"), list | None)
