"""A process that evaluates large questions, so that the event loop need not.

Started as ``python -m federation.gateway.engines.worker`` by ``PolicyProcess``. Frames (a length of
4 bytes, big endian, and that many bytes) come on standard input: first the release, then questions
of contract 1. For each a frame with a JSON ``Reply`` leaves on standard output, in the same order.
It ends with its standard input.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import msgspec

from federation.errors import PolicyUnavailable
from federation.gateway.audit.wire import frame
from federation.gateway.engines.embedded import EmbeddedEngine
from federation.gateway.engines.release import PolicyFault, PolicyRelease
from federation.gateway.engines.reply import Reply


def serve(source: Any, target: Any) -> None:
    """Answers until the source ends.

    Args:
        source: Binary file with frames.
        target: Binary file for replies.
    """

    def say(reply: Reply) -> None:
        target.write(frame(msgspec.json.encode(reply)))
        target.flush()

    first = _read(source)
    if first is None:
        return
    try:
        engine = EmbeddedEngine(msgspec.json.decode(first, type=PolicyRelease))
    except PolicyFault as fault:
        say(Reply(faults=fault.faults))
        return
    say(Reply())
    while (question := _read(source)) is not None:
        try:
            say(Reply(msgspec.Raw(engine.evaluate(question.decode()).encode())))
        except PolicyUnavailable as error:
            say(Reply(fault=error.message))


def _read(source: Any) -> bytes | None:
    head = source.read(4)
    if len(head) < 4:
        return None
    size = int.from_bytes(head, "big")
    content: bytes = source.read(size)
    return content if len(content) == size else None


if __name__ == "__main__":
    # Ctrl-C reaches the whole process group; the gateway ends this process when it is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "wb")
    # Whatever else prints must not be taken for a reply.
    os.dup2(2, 1)
    serve(sys.stdin.buffer, replies)
