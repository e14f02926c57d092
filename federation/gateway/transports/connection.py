"""One HTTP/1.1 connection to a subgraph: a request goes out, and one answer is waited for.

Source: RFC 9112; the parser is llhttp, as strict as it comes.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Protocol, cast

import httptools
import msgspec


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A complete HTTP answer.

    Attributes:
        media_type: In lower case, without parameters; empty if none was told.
        coding: Content coding in lower case; empty for none.
    """

    status: int
    media_type: str
    coding: str
    body: bytes


class NoAnswer(Exception):
    """No complete answer came.

    Attributes:
        status: Of the answer that had begun.
        is_untouched: Whether not a byte came, as when the server had closed an idle connection.
    """

    def __init__(
        self, reason: str, status: int | None = None, *, is_untouched: bool = False
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.is_untouched = is_untouched


class Waiting(Protocol):
    """Whoever waits for an answer; told once, and not any more when it is done."""

    def done(self) -> bool:
        """Whether nobody waits any more."""
        ...

    def answered(self, answer: Answer) -> None:
        """The answer is complete."""
        ...

    def failed(self, failure: NoAnswer) -> None:
        """No complete answer will come."""
        ...


class _Asked(asyncio.Future[Answer]):
    def answered(self, answer: Answer) -> None:
        self.set_result(answer)

    def failed(self, failure: NoAnswer) -> None:
        self.set_exception(failure)


class Connection(asyncio.Protocol):
    """One request at a time; whatever is not asked for closes it.

    Attributes:
        is_open: Whether another request may be sent.
        lost: Done when the socket is closed.
        loop: Whose callbacks it gets.
        opened: Time of the event loop's clock.
        idle_since: The same, when it was put back.
    """

    def __init__(self, max_head_bytes: int, max_body_bytes: int) -> None:
        """Not connected yet.

        Args:
            max_head_bytes: Longest status line and headers of an answer, 1xx answers, trailers and
                framing included.
            max_body_bytes: Longest body.
        """
        loop = asyncio.get_running_loop()
        self.is_open = False
        self.lost: asyncio.Future[None] = loop.create_future()
        self.opened = self.idle_since = loop.time()
        self.loop = loop
        self._max_head_bytes = max_head_bytes
        self._max_body_bytes = max_body_bytes
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._waiting: Waiting | None = None
        self._begin()

    def _begin(self) -> None:
        self._status: int | None = None
        self._media_type = ""
        self._coding = ""
        self._is_framed = False
        self._has_head = False
        self._is_complete = False
        self._received = 0
        self._head_length = 0
        self._length = 0
        self._chunks: list[bytes] = []

    async def ask(self, request: bytes) -> Answer:
        """Send a whole request, head and body, and wait for its answer.

        Cancelling closes the connection: the answer would be taken for that of the next request.

        Raises:
            NoAnswer: The connection broke, or what came is no HTTP answer within the limits.
        """
        if not self.is_open:
            raise NoAnswer("the connection is closed", is_untouched=True)
        asked = _Asked(loop=self.loop)
        self.begin(request, asked)
        try:
            return await asked
        except asyncio.CancelledError:
            self.abort()
            raise

    def begin(self, request: bytes, waiting: Waiting) -> None:
        """Send a whole request on an open connection; whoever waits must abort when it gives up."""
        assert self._transport is not None, "asked only when connected"
        self._begin()
        self._waiting = waiting
        self._transport.write(request)

    def abort(self) -> None:
        """Close at once."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands, TLS included."""
        # Streams of uvloop are of no class of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """A part of an answer, or of what nobody asked for."""
        if self._waiting is None or self._parser is None:
            self.abort()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            # What follows a complete answer does not make it wrong, but nothing may come after it.
            self.is_open = False
            if not self._is_complete:
                self._fail(f"no HTTP answer: {type(error).__name__}")
                return
        if self._is_too_long():
            self._fail("the answer is too long")
        elif self._is_complete:
            self._finish()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone; without a length, that is how an answer ends."""
        self.is_open = False
        if self._has_head and not self._is_framed and error is None and self._waiting is not None:
            self._finish()
        else:
            self._fail("the connection broke")
        # The parser holds this object and is held by it.
        self._parser = None
        if not self.lost.done():
            self.lost.set_result(None)

    # Called by the parser

    def on_message_begin(self) -> None:
        """An answer begins; none may after the one that was asked for."""
        if self._is_complete:
            self.is_open = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, of which nothing is wanted."""
        self._head_length += len(name) + len(value)
        if self._has_head or self._is_complete:
            return
        match name.lower():
            case b"content-type":
                self._media_type = _token(value).partition(";")[0].rstrip()
            case b"content-encoding":
                self._coding = _token(value)
            case b"content-length" | b"transfer-encoding":
                self._is_framed = True

    def on_headers_complete(self) -> None:
        """The head is there; that of a 1xx answer is forgotten."""
        assert self._parser is not None, "the parser calls"
        if self._is_complete:
            return
        self._status = self._parser.get_status_code()
        self._has_head = not 100 <= self._status < 200
        if not self._has_head:
            self._media_type, self._coding, self._is_framed = "", "", False

    def on_body(self, chunk: bytes) -> None:
        """A part of the body."""
        if self._is_complete:
            return
        self._length += len(chunk)
        if self._length <= self._max_body_bytes:
            self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        """The answer is complete, unless it was a 1xx."""
        assert self._parser is not None, "the parser calls"
        if self._has_head and not self._is_complete:
            self._is_complete = True
            self.is_open = self.is_open and self._parser.should_keep_alive()

    # Ends

    def _is_too_long(self) -> bool:
        if self._length > self._max_body_bytes or self._head_length > self._max_head_bytes:
            return True
        # Chunks of one byte take six; beyond that, framing is there to keep somebody busy.
        return (
            not self._is_complete
            and self._received - self._length > self._max_head_bytes + 8 * self._length
        )

    def _finish(self) -> None:
        waiting, self._waiting = self._waiting, None
        assert self._transport is not None, "answers come from connections"
        # A server that answers before it has read everything does not want the rest.
        if self._transport.get_write_buffer_size():
            self.is_open = False
        if waiting is not None and not waiting.done():
            assert self._status is not None, "a complete answer has a status"
            body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
            waiting.answered(Answer(self._status, self._media_type, self._coding, body))
        self._chunks = []
        if not self.is_open:
            self._transport.abort()

    def _fail(self, reason: str) -> None:
        waiting, self._waiting = self._waiting, None
        self._chunks = []
        self.abort()
        if waiting is not None and not waiting.done():
            untouched = self._received == 0
            waiting.failed(NoAnswer(reason, self._status, is_untouched=untouched))


@lru_cache(maxsize=200)
def _token(value: bytes) -> str:
    """What a header says; mostly one of a few values."""
    return value.decode("latin-1").strip().lower()
