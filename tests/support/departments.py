"""Departments over real HTTP: a served application, a gateway that signs, a statement counter."""

import contextlib
import hashlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, event
from starlette.applications import Starlette


@dataclass(frozen=True)
class Reply:
    """Status and parsed body of an answer."""

    status: int
    body: Any

    @property
    def data(self) -> Any:
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        """Codes of the errors, in order."""
        return [error["extensions"]["code"] for error in self.body["errors"]]


@dataclass
class Gateway:
    """Signs access contexts as the gateway does, with a key of its own."""

    key_id: str = "test"
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def jwk(self) -> dict[str, Any]:
        """The public key."""
        found: dict[str, Any] = jwt.algorithms.OKPAlgorithm.to_jwk(
            self.key.public_key(), as_dict=True
        )
        return found | {"kid": self.key_id, "alg": "EdDSA", "use": "sig"}

    def publish(self, path: Path) -> Path:
        """Write the key set."""
        path.write_text(json.dumps({"keys": [self.jwk()]}))
        return path

    def sign(self, subgraph: str, query: str, **changes: Any) -> str:
        """A context token for this subgraph and query; ``changes`` replace claims."""
        now = int(time.time())
        claims = {
            "iss": "datong-gateway",
            "aud": subgraph,
            "iat": now,
            "exp": now + 60,
            "sub": "tester",
            "caller": {"id": "tester", "kind": "person", "department": None, "region": None},
            "purpose": None,
            "row_filters": {},
            "op": hashlib.sha256(query.encode()).hexdigest(),
        }
        kept = {name: value for name, value in (claims | changes).items() if value is not ...}
        return jwt.encode(kept, self.key, algorithm="EdDSA", headers={"kid": self.key_id})


@dataclass(frozen=True)
class Client:
    """Asks one served department."""

    port: int
    subgraph: str
    gateway: Gateway

    def post(self, body: object, headers: Mapping[str, str] | None = None) -> Reply:
        """Post a body as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            content = {"content-type": "application/json"}
            connection.request("POST", "/graphql", json.dumps(body), content | dict(headers or {}))
            answer = connection.getresponse()
            return Reply(answer.status, json.loads(answer.read()))

    def ask(self, query: str, filters: Mapping[str, Any] | None = None, **variables: Any) -> Reply:
        """Ask with a valid context that holds these row filters."""
        token = self.gateway.sign(self.subgraph, query, row_filters=dict(filters or {}))
        return self.post({"query": query, "variables": variables}, {"datong-context": token})

    def entities(
        self,
        selection: str,
        *representations: Any,
        filters: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Ask for entities; ``selection`` is what follows ``_entities(...)``."""
        query = "query($r: [_Any!]!) { _entities(representations: $r) " + selection + " }"
        return self.ask(query, filters, r=list(representations))


@contextlib.contextmanager
def served(
    app: Starlette, stops: list[Callable[[], None]] | None = None, port: int = 0
) -> Iterator[int]:
    """The port of an application that is served in a thread; a free one unless it is given.

    Whoever serves many has them stop side by side: ``stops`` gets what asks this one to.
    """
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run)

    def stop() -> None:
        server.should_exit = True

    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        if stops is not None:
            stops.append(stop)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        stop()
        thread.join()


@contextlib.contextmanager
def statements() -> Iterator[list[str]]:
    """The SELECT statements that departments send meanwhile.

    A gateway of other tests may be in this process as well, and sign its trail's head now and then.
    """
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        text: str = arguments[2]
        if text.lstrip().upper().startswith(("SELECT", "WITH")) and " audit_" not in text:
            sent.append(text)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
