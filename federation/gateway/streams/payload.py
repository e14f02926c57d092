"""What every protocol carries: GraphQL responses as JSON, and words for what went wrong."""

from __future__ import annotations

from typing import Any

import msgspec

from federation.errors import RequestError, SubgraphUnreachable, Unavailable
from federation.execution import SubgraphReply


class ClientTooSlow(RequestError):
    """The client does not read the events of its subscription as fast as they come."""

    code = "CLIENT_TOO_SLOW"
    http_status = 408


class TooManySubscriptions(RequestError):
    """The caller has as many open subscriptions as one caller may have."""

    code = "TOO_MANY_SUBSCRIPTIONS"
    http_status = 429


class SubscriptionsExhausted(Unavailable):
    """The gateway has as many open subscriptions as it may have."""

    code = "SUBSCRIPTIONS_EXHAUSTED"


class SubscriptionEnded(Unavailable):
    """A subscription ends before its source does: its subgraph is lost, or the gateway stops."""

    code = "SUBSCRIPTION_ENDED"


def read_json(subgraph: str, text: str | bytes) -> Any:
    """The JSON value of a message.

    Raises:
        SubgraphUnreachable: It is no JSON.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SubgraphUnreachable(subgraph, "an event is no JSON") from None


def reply_of(subgraph: str, body: Any) -> SubgraphReply:
    """The reply that one event carries.

    Raises:
        SubgraphUnreachable: It is no GraphQL response.
    """
    is_response = isinstance(body, dict) and ("data" in body or "errors" in body)
    if not is_response or not isinstance(body.get("errors"), list | None):
        raise SubgraphUnreachable(subgraph, "an event is no GraphQL response")
    extensions = body.get("extensions")
    return SubgraphReply(
        data=body.get("data"),
        errors=tuple(body.get("errors") or ()),
        extensions=extensions if isinstance(extensions, dict) else {},
    )
