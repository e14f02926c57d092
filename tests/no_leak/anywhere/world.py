"""Subgraphs on sockets, callers with tokens, and what one question to a gateway puts on a wire."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from federation.composition import compose
from federation.execution import SubgraphRequest
from federation.subgraph import load_subgraph
from federation.supergraph import print_supergraph
from tests.no_leak.anywhere.graph import ROWS, SCOPE
from tests.support.departments import served
from tests.support.issuer import Issuer
from tests.support.memory_subgraph import MemorySubgraph, Resolver

CLERK, AUDITOR = "clerk", "auditor"
"""Who may not read what takes the scope, and who may."""

SECONDS = 20.0


@dataclass(frozen=True)
class Sent:
    """One request that a subgraph got."""

    subgraph: str
    text: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What one question came back with, and what subgraphs were asked for it."""

    status: int
    headers: str
    body: str
    sent: tuple[Sent, ...]

    @property
    def data(self) -> Any:
        """Data of the answer; None where there is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found.get("data") if isinstance(found, dict) else None

    def shows(self, *secrets: object) -> Iterator[str]:
        """What is found of these in the answer, as sentences."""
        for secret in map(str, secrets):
            if secret in self.body:
                yield f"the answer holds {secret}"
            if secret in self.headers:
                yield f"a header of the answer holds {secret}"

    def asks_for(self, *names: str) -> Iterator[str]:
        """Which of these fields a subgraph was asked for."""
        for name in names:
            for each in self.sent:
                if name in each.text:
                    yield f"{each.subgraph} is asked for {name}"


@dataclass
class Departments:
    """The subgraphs as one served application, and what they got.

    Attributes:
        sdl: By subgraph.
        faults: Replace what resolvers give, while a claim is tried.
        replies: Take the place of a subgraph's answer, by its name.
        extra: Headers, and members beside `data`, of every answer.
    """

    sdl: Mapping[str, str]
    sent: list[Sent] = field(default_factory=list)
    faults: dict[tuple[str, str], Resolver] = field(default_factory=dict)
    replies: dict[str, Response] = field(default_factory=dict)
    extra: tuple[dict[str, str], dict[str, Any]] = ({}, {})

    def heal(self) -> None:
        self.faults.clear()
        self.replies.clear()
        self.extra = ({}, {})

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{name}", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> Response:
        name, body = request.path_params["name"], json.loads(await request.body())
        headers = {key.lower(): value for key, value in request.headers.items()}
        if "_service" in body["query"]:
            return JSONResponse({"data": {"_service": {"sdl": self.sdl[name]}}})
        self.sent.append(Sent(name, body["query"], headers))
        if name in self.replies:
            return self.replies[name]
        subgraph = MemorySubgraph(self.sdl[name], ROWS[name], self.faults)
        kind = "mutation" if body["query"].lstrip().startswith("mutation") else "query"
        reply = subgraph.answer(SubgraphRequest(body["query"], body.get("variables") or {}, kind))
        told, more = self.extra
        errors = {"errors": list(reply.errors)} if reply.errors else {}
        return JSONResponse({"data": reply.data, **errors, **more}, headers=told)


def broken(text: str) -> Response:
    """An answer that is no GraphQL: what a server shows when it fell over."""
    return PlainTextResponse(text, 500)


@dataclass
class World:
    """The departments, the gateway's address and the callers.

    Attributes:
        url: The gateway's GraphQL endpoint.
        callers: Headers by caller.
        forger: Signs as somebody whom no gateway trusts.
    """

    departments: Departments
    port: int
    callers: dict[str, dict[str, str]]
    forger: Issuer
    url: str = ""

    def ask(
        self,
        query: str,
        caller: str | None = CLERK,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        """One operation by POST."""
        return self.post(json.dumps({"query": query, **more}), caller, headers)

    def post(
        self, body: str, caller: str | None = CLERK, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A body as it is."""
        kind = {
            "content-type": "application/json",
            "accept": "application/graphql-response+json, application/json",
        }
        return self._exchange(self.url, body.encode(), {**kind, **self._of(caller, headers)})

    def get(self, caller: str | None = CLERK, **parameters: str) -> Answer:
        """The same by GET."""
        url = f"{self.url}?{urllib.parse.urlencode(parameters)}"
        return self._exchange(url, None, {"accept": "application/json", **self._of(caller, None)})

    def at_once(self, query: str, callers: list[str]) -> list[Answer]:
        """The same question of several callers at the same moment, in their order."""
        answers: dict[int, Answer] = {}

        def ask(number: int, caller: str) -> None:
            answers[number] = self.ask(query, caller)

        threads = [threading.Thread(target=ask, args=each) for each in enumerate(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [answers[number] for number in range(len(callers))]

    def _of(self, caller: str | None, headers: Mapping[str, str] | None) -> dict[str, str]:
        return {**(self.callers[caller] if caller else {}), **(headers or {})}

    def _exchange(self, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        before = len(self.departments.sent)
        request = urllib.request.Request(url, body, dict(headers))
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as reply:
                status, told, text = reply.status, str(reply.headers), reply.read()
        except urllib.error.HTTPError as error:
            with error:
                status, told, text = error.code, str(error.headers), error.read()
        shown = text.decode(errors="replace")
        return Answer(status, told, shown, tuple(self.departments.sent[before:]))


@contextmanager
def open_world(folder: Path, sdl: Mapping[str, str], port: int = 0) -> Iterator[World]:
    """Serves the departments, and writes to the folder what a gateway over them needs to know.

    Written are `subgraphs.json` (name, url, sdl), `NAME.graphql`, `supergraph.graphql` and
    `jwks.json`.
    """
    departments = Departments(sdl)
    issuer = Issuer(int(time.time()))
    with served(departments.app(), port=port) as taken:
        loaded = [load_subgraph(name, subgraph_url(taken, name), sdl[name]) for name in sdl]
        composition = compose(loaded)
        assert composition.supergraph is not None, composition.errors
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "supergraph.graphql").write_text(print_supergraph(composition.supergraph))
        listed = [
            {"name": name, "url": subgraph_url(taken, name), "sdl": text}
            for name, text in sdl.items()
        ]
        (folder / "subgraphs.json").write_text(json.dumps(listed, indent=1))
        for name, text in sdl.items():
            (folder / f"{name}.graphql").write_text(text)
        issuer.publish(folder / "jwks.json")
        callers = {CLERK: bearer(issuer, CLERK), AUDITOR: bearer(issuer, AUDITOR, SCOPE)}
        yield World(departments, taken, callers, Issuer(issuer.now))


def subgraph_url(port: int, name: str) -> str:
    return f"http://127.0.0.1:{port}/{name}"


def bearer(issuer: Issuer, name: str, *scopes: str) -> dict[str, str]:
    """The header of a caller who holds these scopes, in both ways in which claims say that."""
    claims = {"scope": " ".join(scopes), "scopes": list(scopes), "purposes": None}
    token = issuer.token(sub=name, kind="person", department=None, **claims, exp=issuer.now + 86400)
    return {"authorization": f"Bearer {token}"}
