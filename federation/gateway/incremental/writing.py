"""The parts of one response, written one by one; one that breaks off is closed in order."""

from __future__ import annotations

from typing import Any

from federation.errors import ResponseError
from federation.execution.incremental import Completed, Payload, Pending
from federation.gateway.incremental import formats
from federation.gateway.incremental.acceptance import Format
from federation.gateway.messages import Response, encode

_FORMATS = {Format.CURRENT: formats.current, Format.EARLIER: formats.earlier}


class PayloadWriter:
    """Writes parts, and remembers what the client still waits for."""

    def __init__(self, chosen: Format) -> None:
        self._write = _FORMATS[chosen]
        self._open: dict[str, Pending] = {}

    def write(self, payload: Payload, extensions: dict[str, Any] | None = None) -> Response:
        """A part as it is sent; extensions go under `extensions.datong`."""
        self._open |= {each.id: each for each in payload.pending}
        for completed in payload.completed:
            self._open.pop(completed.pending.id, None)
        document = self._write(payload)
        if extensions is not None:
            document["extensions"] = {"datong": extensions}
        return Response(encode(document))

    def break_off(self, errors: tuple[ResponseError, ...], code: str) -> Response:
        """The last part of a response of which the rest cannot be given."""
        ends = [Completed(each, list(errors), is_failure=True) for each in self._open.values()]
        response = self.write(Payload(completed=ends))
        return Response(response.body, code=code)
