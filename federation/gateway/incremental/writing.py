"""The parts of one response, written one by one; one that breaks off is closed in order."""

from __future__ import annotations

from typing import Any

import msgspec

from federation.errors import ResponseError
from federation.execution.incremental import Completed, Payload, Pending
from federation.gateway.acceptance import Format
from federation.gateway.incremental import formats
from federation.gateway.messages import Response, encode

_FORMATS = {Format.CURRENT: formats.current, Format.EARLIER: formats.earlier}


class PayloadWriter:
    """Writes parts, and remembers what the client still waits for.

    Attributes:
        has_begun: Whether the first part was written.
    """

    def __init__(self, chosen: Format) -> None:
        self._write = _FORMATS[chosen]
        self._open: dict[str, Pending] = {}
        self.has_begun = False

    def write(self, payload: Payload) -> Response:
        """A part as it is sent."""
        self._open |= {each.id: each for each in payload.pending}
        for completed in payload.completed:
            self._open.pop(completed.pending.id, None)
        self.has_begun = True
        return Response(encode(self._write(payload)))

    def break_off(self, failure: Response) -> Response:
        """The last part of a response of which the rest cannot be given.

        Before the first part, that is the failure itself.
        """
        if not self.has_begun:
            return failure
        errors = [_read_error(each) for each in msgspec.json.decode(failure.body)["errors"]]
        ends = [Completed(each, errors, is_failure=True) for each in self._open.values()]
        return Response(self.write(Payload(completed=ends)).body, code=failure.code)


def _read_error(raw: dict[str, Any]) -> ResponseError:
    return ResponseError(raw["message"], extensions=raw.get("extensions", {}))
