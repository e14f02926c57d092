"""From an HTTP answer to that of a subgraph: the part that every client has in common."""

from __future__ import annotations

from federation.errors import SubgraphUnreachable
from federation.execution import ByteReply

MEDIA_TYPES = ("application/graphql-response+json", "application/json")
ACCEPT = f"{MEDIA_TYPES[0]}, {MEDIA_TYPES[1]};q=0.9"
IDLE_SECONDS = 4.0
"""How long a connection is kept unused; below the five seconds after which common servers close."""


def check_media_type(subgraph: str, status: int, media_type: str, body: bytes) -> ByteReply:
    """The answer, if it can be a GraphQL response.

    Args:
        subgraph: Whose answer it is.
        status: HTTP status.
        media_type: In lower case, without parameters.
        body: The whole body, decoded.

    Raises:
        SubgraphUnreachable: It is of another type.
    """
    if media_type not in MEDIA_TYPES:
        raise SubgraphUnreachable(subgraph, f"status {status} and no GraphQL response", status)
    return ByteReply(status, body)
