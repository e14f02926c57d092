"""One process that writes the audit trail for all workers of a gateway on SQLite.

Several writers on one SQLite file starve each other, so the workers send their records over a local
socket to this process, which puts them into one chain: a group commit then serves all workers.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from federation.audit import MalformedRecord, read_record
from federation.errors import AuditUnavailable
from federation.gateway.access_log import AccessLog
from federation.gateway.audit.keys import head_key
from federation.gateway.audit.opening import NEW_DIGEST_KEY
from federation.gateway.audit.store import AuditStore, open_audit_store
from federation.gateway.audit.wire import AppendReply, AppendRequest, frame, frames

START_SECONDS = 20.0
RESTART_SECONDS = 0.2


@contextlib.contextmanager
def audit_writer_process(
    database: str, key_file: str, socket: Path, digest_key_id: str | None = None
) -> Iterator[None]:
    """Run the writer process while the context lasts; start it anew when it dies.

    While there is none, workers cannot append, so that requests fail rather than go unrecorded.

    Args:
        database: SQLAlchemy URL of a SQLite file.
        key_file: Key that signs heads, see ``head_key``.
        socket: Where workers find the process; in a folder that only this user may enter.
        digest_key_id: Of the key by which the workers' records name persons.

    Raises:
        AuditUnavailable: The process does not start.
    """
    command = [sys.executable, "-m", "federation.gateway.audit.writer"]
    command += [database, key_file, str(socket), digest_key_id or ""]
    ended = threading.Event()
    process = _start(command, socket)

    def keep_alive() -> None:
        current = process
        while True:
            current.wait()
            if ended.is_set():
                return
            _end(current)
            time.sleep(RESTART_SECONDS)
            with contextlib.suppress(AuditUnavailable):
                current = running[0] = _start(command, socket)
            if ended.is_set():
                _end(current)
                return

    running = [process]
    keeper = threading.Thread(target=keep_alive, name="audit writer keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        _end(running[0])
        keeper.join(START_SECONDS)


def _start(command: list[str], socket: Path) -> subprocess.Popen[bytes]:
    socket.unlink(missing_ok=True)
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    deadline = time.monotonic() + START_SECONDS
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            _end(process)
            raise AuditUnavailable("the audit writer does not start")
        time.sleep(0.02)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let the writer finish by closing its standard input."""
    assert process.stdin is not None, "the writer is started with a pipe"
    process.stdin.close()
    try:
        process.wait(START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def serve(database: str, key_file: str, socket: Path, digest_key_id: str | None) -> None:
    """Write what arrives on ``socket`` until standard input ends or SIGTERM comes.

    Standard input is a pipe held open by the gateway's first process, so that the writer ends with
    it, however that process ends.

    Raises:
        AuditUnavailable: The database, the key or the socket cannot be used.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # Ctrl-C reaches the whole process group; the gateway still has records to send then.
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    loop.add_reader(sys.stdin.fileno(), stop.set)
    serving: set[asyncio.Task[None]] = set()
    key, name = head_key(key_file), f"writer {os.getpid()}"
    async with open_audit_store(database, key, name, digest_key_id=digest_key_id) as store:
        if store.has_new_digest_key:
            AccessLog().trail(NEW_DIGEST_KEY)

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None, "a stream handler runs in a task"
            serving.add(task)
            try:
                await _serve_worker(store, reader, writer)
            finally:
                serving.discard(task)

        server = await asyncio.start_unix_server(accept, socket)
        try:
            await stop.wait()
        finally:
            server.close()
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)


async def _serve_worker(
    store: AuditStore, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Take one worker's records until it goes away."""
    decoder = msgspec.msgpack.Decoder(AppendRequest)
    pending: set[asyncio.Task[None]] = set()
    try:
        async for content in frames(reader):
            request = decoder.decode(content)
            task = asyncio.create_task(_write_one(store, request, writer))
            pending.add(task)
            task.add_done_callback(pending.discard)
    except (msgspec.MsgspecError, ConnectionError):
        pass  # not one of our workers, or one that died: nothing of it was promised
    finally:
        if pending:
            await asyncio.wait(pending)
        writer.close()


async def _write_one(
    store: AuditStore, request: AppendRequest, writer: asyncio.StreamWriter
) -> None:
    try:
        await store.append_body(read_record(request.body), request.body, request.operation_text)
    except (AuditUnavailable, MalformedRecord):
        is_durable = False
    else:
        is_durable = True
    if not writer.is_closing():
        writer.write(frame(msgspec.msgpack.encode(AppendReply(request.number, is_durable))))


if __name__ == "__main__":
    # The socket is for this user alone.
    os.umask(0o077)
    try:
        asyncio.run(serve(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4] or None))
    except AuditUnavailable as fault:
        sys.exit(f"error: {fault.message} ({fault.code})")
