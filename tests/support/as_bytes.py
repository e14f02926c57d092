"""A transport of values as one of bytes, which typed plans run on."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from federation.execution import (
    ByteReply,
    ExecutionResult,
    SubgraphReply,
    SubgraphRequest,
    Transport,
)


class AsBytes:
    """Answers as the transport inside does.

    Attributes:
        posted: How many bodies typed plans have posted.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.posted = 0

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        return await self._inner.send(subgraph, request)

    def post(
        self,
        subgraph: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        continues: bool = False,  # noqa: ARG002 - nobody waits for a connection here
    ) -> asyncio.Future[ByteReply]:
        self.posted += 1
        return asyncio.ensure_future(self._post(subgraph, body, headers))

    async def _post(self, subgraph: str, body: bytes, headers: Mapping[str, str]) -> ByteReply:
        sent = msgspec.json.decode(body)
        request = SubgraphRequest(sent["query"], sent["variables"], "query", dict(headers))
        reply = await self._inner.send(subgraph, request)
        answer = {"data": reply.data, "errors": list(reply.errors)}
        return ByteReply(200, msgspec.json.encode(answer))


def data_of(result: ExecutionResult) -> dict[str, Any] | None:
    """The response's data, whether it is a value or a text."""
    text = result.data_text
    data = result.data if text is None else msgspec.json.decode(text)
    assert data is None or isinstance(data, dict)
    return data
