"""The policies evaluated by an OPA server that has loaded our bundles."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from opa_client.opa_async import AsyncOpaClient

from federation.access import AccessRequest, Decision, read_decision
from federation.errors import PolicyUnavailable
from federation.gateway.engines.counts import EngineCounts
from federation.gateway.engines.failing import Departments, RulesFailed, with_undecided
from federation.gateway.engines.release import ENTRYPOINT, Revisions

# Strict, because a failing built-in function would else only be undefined there, while it is an
# error in the embedded engine: `not startswith(...)` must not become true by an error.
_QUERY = "strict-builtin-errors=true&provenance=true"
_PATH = ENTRYPOINT.removeprefix("data.").replace(".", "/")
_CODE = re.compile(r"[a-z_]{1,40}")
_PAUSE_SECONDS = 0.03
MAX_ANSWER_BYTES = 16 * 1024 * 1024


class OpaEngine:
    """Asks one OPA server over its REST API; an asynchronous context manager.

    Every failure is a denial: no answer in time, an error, an answer of another release than the
    one expected. After ``breaker_failures`` failures in a row nothing is asked for
    ``breaker_seconds``, so that a dead server costs its callers no time.
    """

    def __init__(  # noqa: PLR0913 - settings of one connection
        self,
        url: str,
        expected: Revisions,
        *,
        token: str | None = None,
        deadline_seconds: float = 2.0,
        breaker_failures: int = 3,
        breaker_seconds: float = 1.0,
        patience_seconds: float = 0.0,
        counts: EngineCounts | None = None,
        departments: Departments | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepares the connection; nothing is sent.

        Args:
            url: Base URL such as ``http://127.0.0.1:8181``.
            expected: Revisions that an answer must come from.
            token: Bearer token of OPA's API.
            deadline_seconds: For one answer, connection included.
            breaker_failures: Failures in a row that open the circuit.
            breaker_seconds: How long it stays open before one question is tried again.
            patience_seconds: For so long from now on a server that has not loaded the expected
                release yet is asked again, within a question's deadline.
            counts: Shared counters.
            departments: Whose fields may go without an answer when a department's file fails.
            clock: Monotonic seconds.
        """
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        self._client = _Client(
            host=parts.hostname or "localhost",
            port=parts.port or (443 if secure else 8181),
            ssl=secure,
            token=token,
            retries=0,
            timeout=deadline_seconds,
        )
        self.counts = counts or EngineCounts()
        self.expected = expected
        self._deadline = deadline_seconds
        self._departments = departments
        self._clock = clock
        self._patient_until = clock() + patience_seconds
        self._breaker = _Breaker(breaker_failures, breaker_seconds, clock)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close_connection()

    async def decide(self, request: AccessRequest) -> Decision:
        """The answer for everything asked.

        Raises:
            PolicyUnavailable: The server fails, is too slow, or decides by another release.
        """
        try:
            decision = await self._ask_around(request)
        except PolicyUnavailable:
            self.counts.unavailable += 1
            raise
        self.counts.decided += 1
        self.counts.undecided += decision.undecided
        return decision

    async def fault(self) -> str | None:
        """What is wrong with the server now; None when it serves the expected release."""
        try:
            body = await self._client.post({"contract": 0})
            self._check_revisions(body)
        except PolicyUnavailable as error:
            return error.message
        return None

    async def _ask_around(self, request: AccessRequest) -> Decision:
        """The answer without the fields of departments whose files fail for this question."""
        self._breaker.enter()
        try:
            return await self._ask(request)
        except RulesFailed as failure:
            if self._departments is None:
                raise
            department = self._departments.failed_at(failure.place)
            rest = self._departments.others(request.fields, department) if department else {}
            # OPA reads a file for its department's fields only; one that fails without them would
            # fail for ever.
            if department is None or len(rest) == len(request.fields):
                raise
        return with_undecided(await self._ask_around(request.about(rest)), request)

    async def _ask(self, request: AccessRequest) -> Decision:
        try:
            body = await self._post(request.to_json())
            decision = read_decision(request, body.get("result"), str(self.expected))
        except RulesFailed:
            # The server works: what one caller's questions make fail must not close it to others.
            self._breaker.succeeded()
            raise
        except PolicyUnavailable:
            self._breaker.failed()
            raise
        except asyncio.CancelledError:
            # Says nothing about the server, but a trial question that never ended must not leave
            # the circuit open for good.
            self._breaker.cancelled()
            raise
        self._breaker.succeeded()
        return decision

    async def _post(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body of an answer of the expected release."""
        until = min(self._patient_until, self._clock() + self._deadline)
        while True:
            body = await self._client.post(question)
            try:
                self._check_revisions(body)
            except PolicyUnavailable:
                if self._clock() >= until:
                    raise
            else:
                return body
            await asyncio.sleep(_PAUSE_SECONDS)

    def _check_revisions(self, body: Mapping[str, Any]) -> None:
        provenance = body.get("provenance")
        bundles = provenance.get("bundles") if isinstance(provenance, Mapping) else None
        answered = {
            str(bundle.get("revision"))
            for bundle in (bundles.values() if isinstance(bundles, Mapping) else ())
            if isinstance(bundle, Mapping)
        }
        expected = {self.expected.policy, self.expected.catalogue, self.expected.grants}
        if not expected <= answered:
            missing = ", ".join(sorted(expected - answered))
            raise PolicyUnavailable(f"the OPA server has not loaded {missing}")


class _Client(AsyncOpaClient):  # type: ignore[misc] # the library has no types
    """The library's client, with what it throws away: OPA's own words about an error."""

    async def post(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body of the answer.

        Raises:
            PolicyUnavailable: There is none, whatever the reason.
        """
        if self._session is None:
            raise PolicyUnavailable("the connection to the OPA server is not open")
        url = f"{self.root_url}/data/{_PATH}?{_QUERY}"
        try:
            async with self._request("POST", url, json={"input": question}) as response:
                content = await response.content.read(MAX_ANSWER_BYTES + 1)
                while not response.content.at_eof() and len(content) <= MAX_ANSWER_BYTES:
                    content += await response.content.read(MAX_ANSWER_BYTES + 1 - len(content))
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PolicyUnavailable(
                f"the OPA server does not answer: {type(error).__name__}"
            ) from None
        return _read_body(status, content)


def _read_body(status: int, content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content) if len(content) <= MAX_ANSWER_BYTES else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, Mapping):
        raise PolicyUnavailable(f"the OPA server's answer (status {status}) is not JSON")
    if status != 200:
        errors = body.get("errors")
        told = [body, *(errors if isinstance(errors, list) else ())]
        described = [_describe(each) for each in told if isinstance(each, Mapping)]
        message = f"the OPA server failed (status {status}): {'; '.join(described)}"
        places = [place for _, at, place in (words.partition(" at ") for words in described) if at]
        if status == 500 and places:
            raise RulesFailed(message, places[0])
        raise PolicyUnavailable(message)
    return body


def _describe(error: Mapping[str, Any]) -> str:
    """Code and place of an error of OPA's; its message may quote what was asked about whom."""
    location = error.get("location")
    place = location if isinstance(location, Mapping) else {}
    code = str(error.get("code", "no code"))
    if not _CODE.fullmatch(code):
        code = "no code"
    file, row = place.get("file"), place.get("row")
    return f"{code} at {file}:{row}" if isinstance(row, int) else code


class _Breaker:
    """Lets nothing through for a while after failures in a row, then one question at a time."""

    def __init__(self, failures: int, seconds: float, clock: Callable[[], float]) -> None:
        self._limit = failures
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._closed_until = 0.0
        self._trying = False

    def enter(self) -> None:
        if self._failures < self._limit:
            return
        if self._clock() < self._closed_until or self._trying:
            raise PolicyUnavailable("the OPA server failed just now and is left alone for a moment")
        self._trying = True

    def failed(self) -> None:
        self._trying = False
        self._failures += 1
        self._closed_until = self._clock() + self._seconds

    def cancelled(self) -> None:
        self._trying = False

    def succeeded(self) -> None:
        self._trying = False
        self._failures = 0
