"""One line for each request: what an operator needs, and nothing that a query could hold."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from types import TracebackType

from msgspec.json import encode
from starlette.types import Scope

from federation.errors import Unavailable

_KNOWN_PATHS = frozenset(
    {"/", "/graphql", "/health", "/ready", "/.well-known/jwks.json", "/demo/session"}
)


class AccessLog:
    """Writes requests and faults as JSON lines.

    Query strings, operation texts, variables and headers are never written: they hold identity
    numbers and tokens. Of a fault only its type and place are written, since its message may
    repeat a value.
    """

    def __init__(self, name: str = "datong.gateway") -> None:
        self._logger = logging.getLogger(name)

    def write(self, scope: Scope, request_id: str, status: int, started: float, code: str) -> None:
        """One answered request; ``started`` is a reading of ``time.perf_counter``.

        It goes to stderr as all other lines do, but past ``logging``, which takes as long for it as
        for a request to a subgraph.
        """
        if not self._logger.isEnabledFor(logging.INFO):
            return
        line: dict[str, object] = {
            "time": time.time(),
            "request": request_id,
            "method": scope["method"] if scope["method"] in {"GET", "POST"} else "other",
            "path": scope["path"] if scope["path"] in _KNOWN_PATHS else "other",
            "status": status,
            "ms": round((time.perf_counter() - started) * 1000, 1),
        }
        if code:
            line["code"] = code
        sys.stderr.write(f"{encode(line).decode()}\n")

    def reload(self, outcome: str, what: str) -> None:
        """Schema, policies and grants were taken up anew, or refused; the texts are our own."""
        line = {"time": time.time(), "reload": outcome, "what": what[:2_000]}
        write = self._logger.info if outcome == "done" else self._logger.error
        write(json.dumps(line, ensure_ascii=False))

    def worker(self, outcome: str, what: str) -> None:
        """A worker process started or ended otherwise than planned."""
        line = {"time": time.time(), "worker": outcome, "what": what}
        write = self._logger.info if outcome == "started" else self._logger.error
        write(json.dumps(line))

    def trail(self, what: str) -> None:
        """What whoever keeps the audit trail should know; the texts are our own."""
        self._logger.warning(json.dumps({"time": time.time(), "trail": what}))

    def questions(self, what: str) -> None:
        """Why questions are not recorded; the texts are our own."""
        self._logger.warning(json.dumps({"time": time.time(), "questions": what}))

    def unavailable(self, request_id: str, error: Unavailable) -> None:
        """Something an answer needs does not work; the texts of these errors are our own."""
        line = {
            "time": time.time(),
            "request": request_id,
            "unavailable": error.code,
            "why": error.message[:500],
        }
        if error.detail:
            line["detail"] = error.detail[:500]
        self._logger.error(json.dumps(line))

    def fault(self, request_id: str, error: BaseException) -> None:
        """An exception that nobody foresaw."""
        line = {
            "time": time.time(),
            "request": request_id,
            "fault": type(error).__name__,
            "at": _frames(error.__traceback__),
        }
        self._logger.error(json.dumps(line))


def _frames(trace: TracebackType | None) -> list[str]:
    return [
        f"{frame.name} {frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(trace)
    ]
