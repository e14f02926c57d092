"""The audit sink of a gateway's workers: hands records to the audit writer process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from federation.audit import AuditRecord, canonical_bytes
from federation.errors import AuditUnavailable
from federation.gateway.audit.wire import (
    MAX_FRAME_BYTES,
    AppendReply,
    AppendRequest,
    frame,
    frames,
)

# Longer than the writer itself waits for its database.
ANSWER_SECONDS = 10.0


class RemoteAuditSink:
    """An ``AuditSink`` that hands records to the writer process; see ``remote_audit_sink``."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self._pending: dict[int, asyncio.Future[bool]] = {}
        self._number = 0

    async def append(self, record: AuditRecord, operation_text: str | None = None) -> None:
        """Return when the writer process says that the record is durable; see ``AuditSink``."""
        body = canonical_bytes(record)
        if len(body) + len(operation_text or "") * 4 > MAX_FRAME_BYTES // 2:
            raise AuditUnavailable("the audit record is too long")
        writer = await self._connection()
        self._number = number = self._number + 1
        answer = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        request = AppendRequest(number, body, operation_text)
        try:
            writer.write(frame(msgspec.msgpack.encode(request)))
            async with asyncio.timeout(ANSWER_SECONDS):
                is_durable = await answer
        except TimeoutError:
            raise AuditUnavailable("the audit writer does not answer") from None
        finally:
            self._pending.pop(number, None)
        if not is_durable:
            raise AuditUnavailable("the audit record could not be written")

    async def close(self) -> None:
        """Drop the connection; whoever still waits is told that nothing is certain."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _connection(self) -> asyncio.StreamWriter:
        async with self._connecting:
            if self._writer is not None and not self._writer.is_closing():
                return self._writer
            try:
                reader, self._writer = await asyncio.open_unix_connection(self._socket)
            except OSError as fault:
                raise AuditUnavailable("the audit writer cannot be reached") from fault
            self._reading = asyncio.create_task(self._read(reader, self._writer))
            return self._writer

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = msgspec.msgpack.Decoder(AppendReply)
        try:
            async for content in frames(reader):
                reply = decoder.decode(content)
                answer = self._pending.get(reply.number)
                if answer is not None and not answer.done():
                    answer.set_result(reply.is_durable)
        except (msgspec.MsgspecError, ConnectionError):
            pass  # the same as an end: below, nobody is told "durable"
        finally:
            writer.close()
            for answer in self._pending.values():
                if not answer.done():
                    answer.set_result(False)


@contextlib.asynccontextmanager
async def remote_audit_sink(socket: Path) -> AsyncIterator[RemoteAuditSink]:
    """A sink on the writer process behind ``socket``; connects with the first record."""
    sink = RemoteAuditSink(socket)
    try:
        yield sink
    finally:
        await sink.close()
