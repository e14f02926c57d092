"""`/graphql` as an ASGI application: GraphQL over HTTP, and nothing of the operation in a log.

Source:
    GraphQL over HTTP; the audit suite of the npm package `graphql-http` runs against it in
    tests/http/test_audit_suite.py.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable
from typing import Protocol, TypeVar

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from federation.gateway.acceptance import EVENTS_TYPE, MULTIPART_TYPE
from federation.gateway.access_log import AccessLog
from federation.gateway.deadlines import Deadlines
from federation.gateway.event_stream import EventStreamWriter
from federation.gateway.incremental import PartStreamWriter
from federation.gateway.messages import Answer, PartStream, Request, Response, encode
from federation.gateway.negotiation import (
    LEGACY_TYPE,
    RESPONSE_TYPE,
    Accepted,
    HttpRefusal,
    RequestHeaders,
    accepted_by,
    check_content_type,
    check_origin,
    read_body,
    read_query_string,
)
from federation.gateway.settings import Http, Subscriptions

Result = TypeVar("Result")

_WATCH_ANSWERS_AFTER = 0.25
"""Seconds. Streams are watched at once: who has closed one wants to open another."""


class Answering(Protocol):
    """What the endpoint needs of a gateway."""

    async def answer(self, request: Request) -> Answer:
        """The answer; never raises for what a client did."""
        ...


class ClientGone(Exception):
    """The client closed the connection before it had its answer."""


class GraphQLEndpoint:
    """Answers one path with one gateway."""

    def __init__(
        self, gateway: Answering, settings: Http, streams: Subscriptions, log: AccessLog
    ) -> None:
        self._gateway = gateway
        self._settings = settings
        self._streams = streams
        self._log = log
        self._patience = Deadlines[_Watch](_WATCH_ANSWERS_AFTER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request."""
        started = time.perf_counter()
        request_id = os.urandom(8).hex()
        headers = RequestHeaders(scope["headers"])
        accepts = accepted_by(headers.get("accept"))
        accepted = accepts.media_type
        try:
            request = await self._read(scope, receive, request_id, headers, accepts)
            answer = await _unless_gone(self._gateway.answer(request), receive, self._patience)
            if _is_multipart(answer, accepted):
                sent, answer = await self._parts(answer, receive, send, request_id)
                if sent:
                    self._log.write(scope, request_id, 200, started, answer.code)
                    return
            if not isinstance(answer, Response) or _is_event(answer, accepted):
                code = await self._stream(answer, receive, send, request_id)
                self._log.write(scope, request_id, 200, started, code)
                return
            # The older type says 200 for whatever was a GraphQL request.
            is_told = accepted == LEGACY_TYPE and answer.status == 400
            response, status = answer, 200 if is_told else answer.status
        except HttpRefusal as refusal:
            response, status = _refused(refusal), refusal.status
        except ClientGone:
            self._log.write(scope, request_id, 499, started, "CLIENT_GONE")
            return
        # A client of event streams or parts alone is refused in the newer type.
        is_stream = accepted in {EVENTS_TYPE, MULTIPART_TYPE}
        media_type = RESPONSE_TYPE if is_stream else accepted or LEGACY_TYPE
        await _send(send, status, media_type, response, request_id)
        self._log.write(scope, request_id, status, started, response.code)

    async def _stream(self, answer: Answer, receive: Receive, send: Send, request_id: str) -> str:
        """Sends a whole event stream; the code of what ended it."""
        last: Response | None
        async with EventStreamWriter(send, request_id, self._streams) as stream:
            if not isinstance(answer, Response):
                try:
                    last = await _unless_gone(answer.run(stream.emit), receive)
                except ClientGone:
                    # That is how clients end a subscription.
                    return "CLIENT_GONE"
            else:
                last = answer
            await stream.complete(last)
        return last.code if last is not None else ""

    async def _parts(
        self, answer: Answer, receive: Receive, send: Send, request_id: str
    ) -> tuple[bool, Response]:
        """Sends a whole multipart answer; whether anything was sent, and what ended it."""
        parameter = answer.acceptance.parameter if isinstance(answer, PartStream) else ""
        writer = PartStreamWriter(send, request_id, self._streams, parameter)
        if isinstance(answer, Response):
            await writer.complete(answer)
            return True, answer
        last = await _unless_gone(answer.run(writer.emit), receive)
        if writer.has_begun:
            await writer.complete(last)
        return writer.has_begun, last or Response(b"")

    async def _read(
        self,
        scope: Scope,
        receive: Receive,
        request_id: str,
        headers: Headers,
        accepts: Accepted,
    ) -> Request:
        method = scope["method"]
        allowed = ("GET", "POST") if self._settings.get else ("POST",)
        if method not in allowed:
            raise HttpRefusal(405, f"{method} is not answered here", {"allow": ", ".join(allowed)})
        if accepts.media_type is None:
            raise HttpRefusal(
                406,
                f"answers are {RESPONSE_TYPE} or {LEGACY_TYPE} in UTF-8; in parts also "
                f"{EVENTS_TYPE}, and multipart/mixed with incrementalSpec=v0.2 or "
                "deferSpec=20220824",
            )
        limit = self._settings.max_body_bytes
        if method == "GET":
            check_origin(headers, self._settings.allowed_origins)
            if len(scope["query_string"]) > limit:
                raise HttpRefusal(414, f"the query string is longer than {limit} bytes")
            return read_query_string(scope["query_string"], request_id, headers, accepts)
        check_content_type(headers)
        return read_body(await _read_all(receive, headers, limit), request_id, headers, accepts)


async def _read_all(receive: Receive, headers: Headers, limit: int) -> bytes:
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_long(limit)
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        length += len(chunk)
        if length > limit:
            raise _too_long(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _too_long(limit: int) -> HttpRefusal:
    return HttpRefusal(413, f"the request body is longer than {limit} bytes")


class _Watch:
    """Cancels the task that made it when the client goes away, unless it was stopped before.

    It begins when it expires: most answers are there by then, and have cost no second task.
    """

    def __init__(self, receive: Receive, patience: Deadlines[_Watch] | None) -> None:
        task = asyncio.current_task()
        assert task is not None, "requests are answered in tasks"
        self.is_gone = False
        self._answering = task
        self._receive = receive
        self._patience = patience
        self._task: asyncio.Task[None] | None = None
        if patience is None:
            self.expire()
        else:
            patience.watch(self, task.get_loop())

    def stop(self) -> None:
        if self._patience is not None:
            self._patience.forget(self)
        if self._task is not None:
            self._task.cancel()
        if self.is_gone:
            self._answering.uncancel()

    def expire(self) -> None:
        self._task = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True
        self._answering.cancel()


async def _unless_gone(
    answering: Awaitable[Result], receive: Receive, patience: Deadlines[_Watch] | None = None
) -> Result:
    """The result, given up when the client goes away.

    Args:
        patience: How long not to look for that; None looks at once.

    Raises:
        ClientGone: The work was cancelled; what the gateway shields from it goes on.
    """
    watch = _Watch(receive, patience)
    try:
        return await answering
    except asyncio.CancelledError:
        if watch.is_gone:
            raise ClientGone from None
        raise
    finally:
        watch.stop()


def _is_multipart(answer: Answer, accepted: str | None) -> bool:
    """Whether an answer goes in parts, which for a plain one means one part."""
    if isinstance(answer, PartStream):
        return answer.acceptance.media_type == MULTIPART_TYPE
    return isinstance(answer, Response) and accepted == MULTIPART_TYPE and answer.status == 200


def _is_event(answer: Response, accepted: str | None) -> bool:
    """Whether a plain answer is a stream of one event: those to GraphQL requests can be."""
    return accepted == EVENTS_TYPE and answer.status in {200, 400}


def _refused(refusal: HttpRefusal) -> Response:
    error = {"message": refusal.message, "extensions": {"code": refusal.code}}
    return Response(encode({"errors": [error]}), refusal.status, refusal.headers, refusal.code)


async def _send(
    send: Send, status: int, media_type: str, response: Response, request_id: str
) -> None:
    headers = [
        (b"content-type", b"%b; charset=utf-8" % media_type.encode()),
        (b"content-length", b"%d" % len(response.body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"datong-request", request_id.encode()),
        *((name.encode(), each.encode("latin-1")) for name, each in response.headers.items()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
