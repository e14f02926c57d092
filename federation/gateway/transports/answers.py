"""From an HTTP answer to a subgraph's reply: the part that every client has in common."""

from __future__ import annotations

from typing import Any

import msgspec

from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphReply, SubgraphRequest

MEDIA_TYPES = ("application/graphql-response+json", "application/json")
ACCEPT = f"{MEDIA_TYPES[0]}, {MEDIA_TYPES[1]};q=0.9"
IDLE_SECONDS = 4.0
"""How long a connection is kept unused; below the five seconds after which common servers close."""


def body_of(request: SubgraphRequest) -> bytes:
    """What is posted."""
    return msgspec.json.encode({"query": request.text, "variables": request.variables})


def reply_from(subgraph: str, status: int, media_type: str, text: bytes) -> SubgraphReply:
    """The parsed body of an answer; one with ``errors`` is a normal reply, whatever its status.

    Args:
        subgraph: Whose answer it is.
        status: HTTP status.
        media_type: In lower case, without parameters.
        text: The whole body, decoded.

    Raises:
        SubgraphUnreachable: It is no GraphQL response.

    Source:
        GraphQL over HTTP, "Response".
    """
    if media_type not in MEDIA_TYPES:
        raise SubgraphUnreachable(subgraph, f"status {status} and no GraphQL response", status)
    try:
        body = msgspec.json.decode(text)
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
