"""A small city on real sockets, and everything that one question to it puts on a wire.

Four departments answer from rows in memory; the gateway is the real one, with the policies of
policies/rego, in a thread of its own. A caller has the grants that a test names and no others.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import jwt
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from federation.composition import compose
from federation.execution import SubgraphRequest
from federation.gateway.app import create_app
from federation.gateway.settings import Access, Audit, Config, Http, Identity
from federation.subgraph import load_subgraph
from federation.supergraph import Supergraph
from tests.no_leak.departments import ROWS, SDL
from tests.support.departments import served
from tests.support.issuer import Issuer
from tests.support.memory_subgraph import MemorySubgraph, Resolver

PURPOSE = "work"
FOR_EVER = 4_102_444_800

Grants = Mapping[str, Mapping[str, Any]]
"""By coordinate, what a grant says beside its purpose and expiry."""

SELECT: Mapping[str, Any] = {"uses": {"select": True}}


def grants(*coordinates: str, **special: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Plain grants to select, and ``Type__field=`` those that say more."""
    named = {name.replace("__", "."): grant for name, grant in special.items()}
    return {**dict.fromkeys(coordinates, SELECT), **named}


def masked(name: str) -> dict[str, Any]:
    return {"uses": {"select": True}, "mask": name}


def uses(*names: str) -> dict[str, Any]:
    return {"uses": dict.fromkeys(names, True)}


@dataclass(frozen=True)
class Sent:
    """One request that a subgraph got."""

    subgraph: str
    text: str
    variables: dict[str, Any]
    headers: dict[str, str]

    @property
    def context(self) -> dict[str, Any]:
        """Claims of the signed context."""
        claims: dict[str, Any] = jwt.decode(
            self.headers["datong-context"], options={"verify_signature": False}
        )
        return claims


@dataclass(frozen=True)
class Wire:
    """Everything that one question put on a wire.

    Attributes:
        sent: What subgraphs got, in order.
        records: What the audit trail holds of it.
        log: Lines of all loggers.
    """

    status: int
    headers: str
    body: str
    sent: tuple[Sent, ...]
    records: tuple[dict[str, Any], ...]
    log: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json.get("errors", [])
        return found

    def codes(self) -> list[tuple[str, str]]:
        """Code and path of each error."""
        return [
            (error["extensions"]["code"], ".".join(map(str, error.get("path", ()))))
            for error in self.errors
        ]

    def asked(self, subgraph: str) -> str:
        """Operation texts that a subgraph got."""
        return " ".join(each.text for each in self.sent if each.subgraph == subgraph)

    def shows(self, secret: object) -> set[str]:
        """Where a value or name stands."""
        text = str(secret)
        found = {"response"} if text in self.body else set()
        found |= {"headers"} if text in self.headers else set()
        found |= {"log"} if text in self.log else set()
        found |= {"audit"} if text in json.dumps(self.records, ensure_ascii=False) else set()
        for each in self.sent:
            known = json.dumps(each.variables, ensure_ascii=False)
            claims = json.dumps(each.context, ensure_ascii=False)
            if text in each.text or text in known or text in claims:
                found.add(each.subgraph)
        return found


@dataclass
class Subgraphs:
    """The departments as one served application, and what they got.

    Attributes:
        faults: Replace what resolvers give, while a test lasts.
        pause: Seconds that an answer takes, while a test lasts.
    """

    sent: list[Sent] = field(default_factory=list)
    faults: dict[tuple[str, str], Resolver] = field(default_factory=dict)
    pause: float = 0.0

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{name}", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> Response:
        body = json.loads(await request.body())
        name = request.path_params["name"]
        headers = {key.lower(): value for key, value in request.headers.items()}
        self.sent.append(Sent(name, body["query"], body.get("variables") or {}, headers))
        await asyncio.sleep(self.pause)
        subgraph = MemorySubgraph(SDL[name], ROWS[name], self.faults)
        kind = "mutation" if body["query"].startswith("mutation") else "query"
        reply = subgraph.answer(SubgraphRequest(body["query"], body.get("variables") or {}, kind))
        return JSONResponse({"data": reply.data, "errors": list(reply.errors)})


class City:
    """The departments with one policy, and gateways before them by their settings."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.subgraphs = Subgraphs()
        self.url = f"http://127.0.0.1:{stack.enter_context(served(self.subgraphs.app()))}"
        self.issuer = Issuer(int(time.time()))
        self.keys = self.issuer.publish(folder / "issuer.json")
        self.stops: list[Callable[[], None]] = []
        self._gateways: dict[str, Gateway] = {}

    @cached_property
    def supergraph(self) -> Supergraph:
        composition = compose(
            load_subgraph(name, f"{self.url}/{name}", sdl) for name, sdl in SDL.items()
        )
        assert composition.supergraph is not None, composition.errors
        return composition.supergraph

    def gateway(self, granted: Grants | None = None, **access: Any) -> Gateway:
        """A gateway at which the department `office` holds these grants.

        Gateways are kept: one with the same settings has met other questions before.
        """
        name = json.dumps([granted or {}, access], sort_keys=True, default=str)
        if name not in self._gateways:
            self._gateways[name] = self._open(granted or {}, access)
        return self._gateways[name]

    def _open(self, granted: Grants, access: Mapping[str, Any]) -> Gateway:
        folder = self.folder / f"gateway{len(self._gateways)}"
        data = folder / "data"
        data.mkdir(parents=True)
        (data / "grants.json").write_text(json.dumps(documents(granted)))
        audit = folder / "audit.sqlite"
        config = Config(
            # Whatever can be shared is: nothing of it may reach another caller.
            http=Http(
                console=False,
                deadline_seconds=5,
                share_equal_queries=True,
                **access.get("http", {}),
            ),
            identity=Identity(jwks=self.keys, consent_jwks=self.keys),
            access=msgspec.structs.replace(
                Access(data=str(data)), **{k: v for k, v in access.items() if k != "http"}
            ),
            audit=Audit(
                database=f"sqlite+aiosqlite:///{audit}", key_file=str(folder / "audit.key")
            ),
        )
        return Gateway(self, config, self.supergraph, audit)


class Gateway:
    """One served gateway."""

    def __init__(self, city: City, config: Config, supergraph: Supergraph, audit: Path) -> None:
        self.city = city
        self.config = config
        self.audit = audit
        app: Any = _InItsThread(config, supergraph)
        self.url = f"http://127.0.0.1:{city.stack.enter_context(served(app, city.stops))}/graphql"

    @property
    def audit_key(self) -> bytes:
        """Keys the hashes in the audit records."""
        return Path(self.config.audit.key_file).read_bytes()

    def caller(self, **claims: Any) -> dict[str, str]:
        """Headers of somebody in the office, with a purpose."""
        facts = {
            "sub": "clerk",
            "kind": "person",
            "department": "office",
            "clearance": 3,
            "purposes": [PURPOSE],
        }
        token = self.city.issuer.token(**{**facts, **claims})
        return {"authorization": f"Bearer {token}", "datong-purpose": PURPOSE}

    def ask(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Wire:
        """Asks by POST, as somebody in the office unless other headers say who."""
        body = json.dumps({"query": query, "variables": variables or {}, **more}).encode()
        return self._exchange(self.url, body, self.caller() if headers is None else headers)

    def get(self, query: str, headers: Mapping[str, str] | None = None, **more: str) -> Wire:
        """The same by GET."""
        url = f"{self.url}?{urllib.parse.urlencode({'query': query, **more})}"
        return self._exchange(url, None, self.caller() if headers is None else headers)

    def _exchange(self, url: str, body: bytes | None, headers: Mapping[str, str]) -> Wire:
        before, known = len(self.city.subgraphs.sent), len(self.records())
        kind = {"content-type": "application/json"} if body is not None else {}
        accept = {"accept": "application/graphql-response+json"}
        request = urllib.request.Request(url, body, {**kind, **accept, **headers})
        with _Lines() as lines:
            try:
                with urllib.request.urlopen(request, timeout=20) as reply:
                    status, told, text = reply.status, str(reply.headers), reply.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    status, told, text = error.code, str(error.headers), error.read().decode()
        return Wire(
            status,
            told,
            text,
            tuple(self.city.subgraphs.sent[before:]),
            tuple(self.records()[known:]),
            "\n".join(lines.lines),
        )

    def records(self) -> list[dict[str, Any]]:
        """Bodies of all audit records."""
        if not self.audit.exists():
            return []
        with sqlite3.connect(self.audit) as connection:
            rows = connection.execute("select body from audit_entry order by rowid").fetchall()
        return [body for (row,) in rows if "request_id" in (body := json.loads(row))]


class _InItsThread:
    """The application, made by the thread that serves it, as its engine demands."""

    def __init__(self, config: Config, supergraph: Supergraph) -> None:
        self._made_of = (config, supergraph)
        self._app: Starlette | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            self._app = create_app(*self._made_of)
        # A copy, since the server keeps the scope and routing writes the endpoint into it.
        await self._app(dict(scope), receive, send)


class _Lines(logging.Handler):
    """Every line of every logger, while the context lasts."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(("asyncio", "aiosqlite")):
            self.lines.append(self.format(record))

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.DEBUG)
        root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        logging.getLogger().setLevel(self._level)


def documents(granted: Grants) -> dict[str, Any]:
    """Policy data in which the office holds the grants."""
    known = {"purposes": {PURPOSE: True}, "expires": FOR_EVER}
    held = {name: {"held": {**known, **grant}} for name, grant in granted.items()}
    departments: Iterable[str] = ("office", *SDL)
    return {
        "grants": {"office": held},
        "purposes": {PURPOSE: {"title": "Work"}, "loan-pre-approval": {"title": "Loans"}},
        "organisations": {
            name: {"name": name, "subgraphs": {name: True} if name in SDL else {}}
            for name in departments
        },
    }
