"""A trial on a real OPA server: modules and data are put there, and taken away at the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

import aiohttp

from federation.gateway.engines.authoring.trial import UNDEFINED, RuleFailed
from federation.gateway.engines.release import PolicyFault

_LIMIT = aiohttp.ClientTimeout(total=20)


class OpaTrial:
    """An empty OPA server that evaluates the modules given; an asynchronous context manager.

    A server that holds anything is refused: trying policies must not change what somebody decides
    by.
    """

    def __init__(
        self,
        url: str,
        modules: Mapping[str, str],
        documents: Mapping[str, Any],
        token: str | None = None,
    ) -> None:
        """Sends nothing yet; ``url`` such as ``http://127.0.0.1:8181``, ``token`` of OPA's API."""
        self._url = url.rstrip("/")
        self._modules = modules
        self._documents = documents
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=_LIMIT, headers=self._headers)
        try:
            await self._load()
        except BaseException:
            await self._session.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None, "entered before"
        try:
            await self._unload()
        finally:
            await self._session.close()

    async def evaluate(self, rule: str, question: Any) -> Any:
        """The value of a rule, or ``UNDEFINED``.

        Raises:
            RuleFailed: The server cannot evaluate it.
        """
        path = rule.replace(".", "/")
        try:
            answer = await self._send(
                "POST", f"{path}?strict-builtin-errors=true", {"input": question}
            )
        except PolicyFault as fault:
            raise RuleFailed("; ".join(fault.faults)) from None
        return answer.get("result", UNDEFINED)

    async def _load(self) -> None:
        policies = await self._send("GET", "policies")
        data = await self._send("GET", "data")
        if policies.get("result") or data.get("result"):
            raise PolicyFault(
                (f"the OPA server at {self._url} is not empty; start one with: opa run --server",)
            )
        try:
            for root, document in self._documents.items():
                await self._send("PUT", f"data/{root}", document)
            await self._put_modules()
        except BaseException:
            await self._unload()
            raise

    async def _put_modules(self) -> None:
        """Puts every module, those that call functions of others after these."""
        waiting = dict(self._modules)
        while waiting:
            faults: dict[str, tuple[str, ...]] = {}
            for name, text in waiting.items():
                try:
                    await self._send("PUT", f"policies/{name}", text)
                except PolicyFault as fault:
                    faults[name] = fault.faults
            if len(faults) == len(waiting):
                raise PolicyFault(tuple(each for found in faults.values() for each in found))
            waiting = {name: waiting[name] for name in faults}

    async def _unload(self) -> None:
        """Takes everything away, modules whose functions others call after those."""
        held = await self._send("GET", "policies")
        waiting = [policy["id"] for policy in held.get("result") or []]
        while waiting:
            kept = []
            for name in waiting:
                try:
                    await self._send("DELETE", f"policies/{name}")
                except PolicyFault:
                    kept.append(name)
            if len(kept) == len(waiting):
                raise PolicyFault((f"the OPA server at {self._url} keeps {', '.join(kept)}",))
            waiting = kept
        for root in self._documents:
            await self._send("DELETE", f"data/{root}")

    async def _send(self, method: str, path: str, body: Any = None) -> Mapping[str, Any]:
        assert self._session is not None, "used inside its context"
        content = body if isinstance(body, str) or body is None else json.dumps(body)
        kind = "text/plain" if isinstance(body, str) else "application/json"
        try:
            async with self._session.request(
                method, f"{self._url}/v1/{path}", data=content, headers={"content-type": kind}
            ) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PolicyFault(
                (f"the OPA server at {self._url} does not answer: {type(error).__name__}",)
            ) from None
        answer: Mapping[str, Any] = json.loads(text) if text else {}
        if response.status >= 400:
            words = [str(answer.get("message", response.status))]
            for each in answer.get("errors") or ():
                at = each.get("location") or {}
                words.append(f"{at.get('file')}:{at.get('row')}: {each.get('message')}")
            raise PolicyFault(("; ".join(words),))
        return answer
