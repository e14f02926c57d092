"""What a worker and the audit writer process say to each other over a local socket.

Frames in both directions are a length (4 bytes, big endian) and that many bytes of MessagePack.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec

MAX_FRAME_BYTES = 16 * 1024 * 1024


class AppendRequest(msgspec.Struct, frozen=True, array_like=True):
    """A record to write; ``number`` ties the reply to it."""

    number: int
    body: bytes
    operation_text: str | None


class AppendReply(msgspec.Struct, frozen=True, array_like=True):
    """Whether the record of that number is durable."""

    number: int
    is_durable: bool


def frame(content: bytes) -> bytes:
    """The content with its length before it."""
    return len(content).to_bytes(4, "big") + content


async def frames(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Frames until the other side ends; a half frame or one too long ends it as well."""
    with contextlib.suppress(asyncio.IncompleteReadError):
        while True:
            size = int.from_bytes(await reader.readexactly(4), "big")
            if size > MAX_FRAME_BYTES:
                return
            yield await reader.readexactly(size)
