"""GraphQL over HTTP as a department speaks it: bodies, errors, nothing internal."""

import http.client
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from subgraphs.__main__ import load_department
from subgraphs.toolkit.app import build_app
from tests.support.departments import Client, Gateway, served


@pytest.fixture
def tax(client: Callable[[str], Client]) -> Client:
    return client("tax")


@pytest.mark.parametrize(
    "body",
    [[], "text", None, {}, {"query": 5}, {"query": "{ __typename }", "variables": []}],
    ids=str,
)
def test_body_that_is_no_request_is_refused(tax: Client, body: object) -> None:
    reply = tax.post(body)

    assert (reply.status, reply.codes) == (400, ["BAD_REQUEST"])


def test_invalid_query_has_no_data_and_no_suggestion(tax: Client) -> None:
    reply = tax.ask("{ taxReturm }")

    assert "data" not in reply.body
    assert "Did you mean" not in json.dumps(reply.body)


@pytest.mark.parametrize(
    ("accept", "status", "media"),
    [
        ("application/graphql-response+json", 400, "application/graphql-response+json"),
        ("application/json", 200, "application/json"),
    ],
)
def test_status_of_an_invalid_query_follows_the_media_type(
    tax: Client, accept: str, status: int, media: str
) -> None:
    query = "{ nothing }"
    connection = http.client.HTTPConnection("127.0.0.1", tax.port, timeout=10)
    headers = {
        "content-type": "application/json",
        "accept": accept,
        "datong-context": tax.gateway.sign("tax", query),
    }

    connection.request("POST", "/graphql", json.dumps({"query": query}), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()

    assert answer.status == status
    assert (answer.getheader("content-type") or "").startswith(media)
    assert answer.getheader("cache-control") == "no-store"


def test_other_methods_and_media_types_are_refused(tax: Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", tax.port, timeout=10)
    connection.request("GET", "/graphql?query={__typename}")
    by_get = connection.getresponse()
    by_get.read()
    connection.request("POST", "/graphql", "query={__typename}", {"content-type": "text/plain"})
    as_text = connection.getresponse()
    as_text.read()
    connection.close()

    assert (by_get.status, as_text.status) == (405, 400)


def test_health_needs_no_context(tax: Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", tax.port, timeout=10)
    connection.request("GET", "/health")
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()

    assert body == {"status": "ok", "subgraph": "tax"}


def test_fault_of_the_database_shows_no_sql_and_no_trace(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('broken') / 'tax.sqlite'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE other (id INTEGER)"))
    engine.dispose()

    with served(build_app(load_department("tax"), url, None)) as port:
        client = Client(port, "tax", Gateway())
        reply = client.post({"query": '{ taxReturn(returnNumber: "secret-number") { year } }'})

    assert reply.codes == ["INTERNAL_ERROR"]
    assert reply.body["data"] == {"taxReturn": None}
    shown = json.dumps(reply.body)
    assert "tax_return" not in shown
    assert "Traceback" not in shown
    assert "secret-number" not in caplog.text


def test_query_of_too_many_tokens_is_refused(tax: Client) -> None:
    reply = tax.ask("{ " + "__typename " * 20_000 + "}")

    assert "errors" in reply.body
    assert "data" not in reply.body


@pytest.mark.parametrize(
    "query",
    ["query($c: RegionCode!) { region(code: $c) { name } }", "{ region(code: 5) { name } }"],
)
def test_value_of_another_type_is_named_to_the_client(
    client: Callable[[str], Client], query: str
) -> None:
    variables: dict[str, Any] = {"c": 5} if "$c" in query else {}

    reply = client("natural_resources").ask(query, **variables)

    assert "data" not in reply.body
    assert "could not answer" not in json.dumps(reply.body)
