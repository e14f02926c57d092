"""The signed access context: who gets in, over real HTTP."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.client import BadStatusLine
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest

from subgraphs.__main__ import load_department
from subgraphs.toolkit import access_context
from subgraphs.toolkit.access_context import AccessContext, ContextVerifier, KeySet
from subgraphs.toolkit.app import build_app
from subgraphs.toolkit.errors import AccessRefused
from tests.support.departments import Client, Gateway, Reply, served

QUERY = "{ __typename }"
# When the tests were collected: a long run may come to them much later.
NOW = int(time.time())


def _post(client: Client, token: str | None, query: str = QUERY) -> Reply:
    return client.post({"query": query}, {} if token is None else {"datong-context": token})


@pytest.fixture
def tax(client: Callable[[str], Client]) -> Client:
    return client("tax")


def test_valid_context_is_answered(tax: Client) -> None:
    assert tax.ask(QUERY).data == {"__typename": "Query"}


def test_missing_context_is_refused(tax: Client) -> None:
    reply = _post(tax, None)

    assert (reply.status, reply.codes) == (401, ["ACCESS_CONTEXT_REQUIRED"])
    assert "data" not in reply.body


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"iss": ...},
        {"aud": "health"},
        {"aud": ...},
        {"exp": NOW - 30, "iat": NOW - 60},
        {"exp": NOW + 86_400},
        {"exp": ...},
        {"iat": ...},
        {"iat": NOW + 86_400, "exp": NOW + 86_430},
        {"sub": ...},
        {"op": "0" * 64},
        {"op": ...},
        {"caller": "me"},
        {"purpose": 5},
        {"row_filters": []},
        {"row_filters": None},
    ],
)
def test_context_that_does_not_fit_is_refused(tax: Client, changes: dict[str, Any]) -> None:
    reply = _post(tax, tax.gateway.sign("tax", QUERY, **changes))

    assert (reply.status, reply.codes) == (401, ["ACCESS_CONTEXT_INVALID"])


def test_context_of_another_operation_text_is_refused_even_when_verified_before(
    tax: Client,
) -> None:
    token = tax.gateway.sign("tax", QUERY)

    assert _post(tax, token).status == 200
    replayed = _post(tax, token, "{ __schema { types { name } } }")
    assert (replayed.status, replayed.codes) == (401, ["ACCESS_CONTEXT_INVALID"])


def test_forged_contexts_are_refused(tax: Client) -> None:
    stranger = Gateway(key_id=tax.gateway.key_id)
    unknown = Gateway(key_id="other")
    claims = jwt.decode(tax.gateway.sign("tax", QUERY), options={"verify_signature": False})
    key = "k" * 40
    tokens = [
        stranger.sign("tax", QUERY),
        unknown.sign("tax", QUERY),
        jwt.encode(claims, "", algorithm="none", headers={"kid": "test"}),
        jwt.encode(claims, key, algorithm="HS256", headers={"kid": "test"}),
        tax.gateway.sign("tax", QUERY)[:-4] + "AAAA",
        "not a token",
    ]

    replies = [_post(tax, token) for token in tokens]

    assert {reply.status for reply in replies} == {401}
    assert {code for reply in replies for code in reply.codes} == {"ACCESS_CONTEXT_INVALID"}


def test_what_is_wrong_with_a_context_stands_in_the_log(
    tax: Client, caplog: pytest.LogCaptureFixture
) -> None:
    token = tax.gateway.sign("tax", QUERY)

    _post(tax, token, "{ __schema { types { name } } }")

    assert caplog.messages == ["ACCESS_CONTEXT_INVALID: the context is for another operation"]
    assert token not in caplog.text


@pytest.mark.parametrize(
    ("told", "shown"),
    [("9f86d081884c7d65", " (request 9f86d081884c7d65)"), ("two words", ""), ("a" * 65, "")],
)
def test_the_log_names_the_clients_request_that_the_gateway_tells_of(
    tax: Client, caplog: pytest.LogCaptureFixture, told: str, shown: str
) -> None:
    headers = {"datong-context": tax.gateway.sign("tax", "{ other }"), "datong-request": told}

    tax.post({"query": QUERY}, headers)

    assert caplog.messages == [
        f"ACCESS_CONTEXT_INVALID: the context is for another operation{shown}"
    ]


def test_filter_that_cannot_be_applied_here_is_refused(
    tax: Client, caplog: pytest.LogCaptureFixture
) -> None:
    unknown_field = {"Citizen": {"field": "regionCode", "op": "eq", "value": "990102"}}

    reply = tax.ask(QUERY, unknown_field)

    assert (reply.status, reply.codes) == (403, ["ROW_FILTER_INVALID"])
    assert caplog.messages == ["ROW_FILTER_INVALID: Citizen cannot be filtered by regionCode"]


def test_filter_of_a_type_without_a_source_is_refused_and_says_what_to_do(
    tax: Client, caplog: pytest.LogCaptureFixture
) -> None:
    unknown_type = {"Loan": {"field": "regionCode", "op": "eq", "value": "990102"}}

    reply = tax.ask(QUERY, unknown_type)

    assert (reply.status, reply.codes) == (403, ["ROW_FILTER_INVALID"])
    assert "its source is missing in Department.sources" in caplog.text


def test_service_sdl_needs_a_context_too(tax: Client) -> None:
    query = "{ _service { sdl } }"

    assert _post(tax, None, query).status == 401
    sdl = tax.ask(query).data["_service"]["sdl"]
    assert "type TaxReturn" in sdl
    # Not what the template of all connections says, but what is printed for composition.
    assert '@derivedFrom(type: "TaxReturn")' in sdl


def test_open_department_answers_anybody(small_world: Callable[[str], str]) -> None:
    app = build_app(load_department("tax"), small_world("tax"), None)
    with served(app) as port:
        assert _post(Client(port, "tax", Gateway()), None).data == {"__typename": "Query"}


async def test_verified_context_is_remembered_and_still_expires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway()
    keys = gateway.publish(tmp_path / "keys.json")
    verifier = ContextVerifier("tax", KeySet(str(keys)))
    token = gateway.sign("tax", QUERY)

    first = await verifier.verify(token, QUERY)
    keys.unlink()
    assert await verifier.verify(token, QUERY) is first
    assert isinstance(first, AccessContext)

    class Later:
        """A clock that is ahead."""

        @staticmethod
        def time() -> float:
            return time.time() + 120.0

    monkeypatch.setattr(access_context, "time", Later)
    with pytest.raises(AccessRefused):
        await verifier.verify(token, QUERY)


async def test_rotated_key_is_found_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_context, "KEYS_PAUSE", 0.0)
    old, new = Gateway(key_id="old"), Gateway(key_id="new")
    keys = old.publish(tmp_path / "keys.json")
    verifier = ContextVerifier("tax", KeySet(str(keys)))
    await verifier.verify(old.sign("tax", QUERY), QUERY)

    new.publish(keys)

    assert (await verifier.verify(new.sign("tax", QUERY), QUERY)).subject == "tester"
    with pytest.raises(AccessRefused):
        await verifier.verify(old.sign("tax", QUERY, sub="again"), QUERY)


@pytest.fixture
def key_server() -> Iterator[tuple[Gateway, str]]:
    gateway = Gateway()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": [gateway.jwk()]}).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield gateway, f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_keys_come_from_a_url(key_server: tuple[Gateway, str]) -> None:
    gateway, url = key_server
    verifier = ContextVerifier("tax", KeySet(url))

    context = await verifier.verify(gateway.sign("tax", QUERY, purpose="case-handling"), QUERY)

    assert context.purpose == "case-handling"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        ("-----BEGIN", "no JWKS"),
        ("{}", "no JWKS"),
        ("[]", "no JWKS"),
        ('{"keys": [1]}', "no JWKS"),
        ("[" * 200_000, "no JWKS"),
    ],
)
async def test_unreadable_keys_refuse_by_another_code_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str | None, why: str
) -> None:
    file = tmp_path / "keys.json"
    if content is not None:
        file.write_text(content)
    verifier = ContextVerifier("tax", KeySet(str(file)))

    with pytest.raises(AccessRefused) as refused:
        await verifier.verify(Gateway().sign("tax", QUERY), QUERY)

    assert refused.value.code == "ACCESS_CONTEXT_UNVERIFIABLE"
    assert f"keys of the gateway cannot be read from {file}: " in caplog.text
    assert why in caplog.text


async def test_a_port_that_speaks_something_else_is_said_to_have_no_keys(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def read(_: KeySet) -> None:
        raise BadStatusLine("SSH-2.0")

    monkeypatch.setattr(KeySet, "_read", read)
    verifier = ContextVerifier("tax", KeySet("http://127.0.0.1:22"))

    with pytest.raises(AccessRefused):
        await verifier.verify(Gateway().sign("tax", QUERY), QUERY)

    assert "no JWKS" in caplog.text


async def test_nobody_whose_key_is_known_waits_for_a_gateway_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Later:
        time = staticmethod(time.time)

        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + 400.0

    gateway, other, thawed = Gateway(), Gateway(key_id="unknown"), threading.Event()
    verifier = ContextVerifier("tax", KeySet(str(gateway.publish(tmp_path / "keys.json"))))
    await verifier.verify(gateway.sign("tax", QUERY), QUERY)
    monkeypatch.setattr(access_context, "time", Later)
    monkeypatch.setattr(access_context, "KEYS_PAUSE", 0.0)
    monkeypatch.setattr(access_context, "KEYS_PATIENCE", 0.2)

    def read(_: KeySet) -> dict[str, jwt.PyJWK]:
        thawed.wait(10)
        return {}

    monkeypatch.setattr(KeySet, "_read", read)

    async def ask(sub: str) -> AccessContext:
        return await verifier.verify(gateway.sign("tax", QUERY, sub=sub), QUERY)

    # All wait for the first attempt together, and for later ones nobody does.
    begin = time.monotonic()
    await asyncio.gather(*(ask(f"first {number}") for number in range(5)))
    assert time.monotonic() - begin < 5.0
    monkeypatch.setattr(access_context, "KEYS_PATIENCE", 60.0)
    stranger = asyncio.create_task(verifier.verify(other.sign("tax", QUERY), QUERY))
    await asyncio.sleep(0)
    await asyncio.gather(*(ask(f"later {number}") for number in range(5)))
    assert not stranger.done()
    thawed.set()
    with pytest.raises(AccessRefused):
        await stranger
    assert "no answer in time" in caplog.text


async def test_known_keys_outlive_a_silent_gateway_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(access_context, "KEYS_PAUSE", 0.0)
    gateway = Gateway()
    keys = gateway.publish(tmp_path / "keys.json")
    verifier = ContextVerifier("tax", KeySet(str(keys)))
    await verifier.verify(gateway.sign("tax", QUERY), QUERY)
    keys.unlink()

    monkeypatch.setattr(access_context, "KEYS_LIFE", 0.05)
    time.sleep(0.06)  # noqa: ASYNC251  the clock that counts is the real one
    await verifier.verify(gateway.sign("tax", QUERY, sub="soon"), QUERY)
    assert "cannot be read" in caplog.text
    time.sleep(0.06)  # noqa: ASYNC251
    with pytest.raises(AccessRefused) as refused:
        await verifier.verify(gateway.sign("tax", QUERY, sub="late"), QUERY)

    assert refused.value.code == "ACCESS_CONTEXT_UNVERIFIABLE"
