"""`datong serve` answers HTTP as the GraphQL-over-HTTP specification says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support.served import Served, serving, subgraph_list

SDL = "type Query { hello: String } type Mutation { greet: String }"
IDENTITY_NUMBER = "990102198805120013"
BOTH = ("application/graphql-response+json", "application/json")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    # Nobody listens there: what needs no subgraph is answered, the rest is a partial failure.
    file = subgraph_list(
        tmp_path_factory.mktemp("http"), [("a", "http://127.0.0.1:9/graphql", SDL)]
    )
    with serving("--subgraphs", str(file), "--access", "open") as served:
        yield served


@pytest.mark.parametrize("accept", BOTH)
def test_a_post_is_answered_in_the_media_type_asked_for(gateway: Served, accept: str) -> None:
    reply = gateway.post("{ __typename }", {"accept": accept})

    assert reply.status == 200
    assert reply.headers["content-type"] == f"{accept}; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json == {"data": {"__typename": "Query"}}


def test_a_get_is_answered(gateway: Served) -> None:
    reply = gateway.request("GET", "/graphql?" + urlencode({"query": "{ __typename }"}))

    assert (reply.status, reply.json) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.parametrize(("accept", "status"), list(zip(BOTH, (400, 200), strict=True)))
@pytest.mark.parametrize("query", ["{", "{ nothing }", "query ($a: ID!) { __typename }"])
def test_a_request_error_has_the_status_of_its_media_type(
    gateway: Served, accept: str, status: int, query: str
) -> None:
    reply = gateway.post(query, {"accept": accept})

    assert reply.status == status
    assert reply.json["errors"]
    assert "data" not in reply.json


def test_an_unreachable_subgraph_is_a_partial_failure(gateway: Served) -> None:
    reply = gateway.post("{ hello __typename }")

    assert reply.status == 200
    assert reply.json["data"] == {"hello": None, "__typename": "Query"}
    assert reply.code == "SUBGRAPH_UNREACHABLE"


def test_a_mutation_by_get_is_405_and_says_which_method_is_right(gateway: Served) -> None:
    reply = gateway.request("GET", "/graphql?" + urlencode({"query": "mutation { greet }"}))

    assert (reply.status, reply.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_405(gateway: Served, method: str) -> None:
    reply = gateway.request(method)

    assert (reply.status, reply.headers["allow"]) == (405, "GET, POST")


def test_a_body_over_the_limit_is_413_whether_announced_or_not(tmp_path: Path) -> None:
    file = subgraph_list(tmp_path, [("a", "http://127.0.0.1:9/graphql", SDL)])
    settings = {"DATONG_HTTP_MAX_BODY_BYTES": "100"}
    body = json.dumps({"query": "{ __typename }" + " " * 100}).encode()
    statuses = []

    with serving("--subgraphs", str(file), "--access", "open", environment=settings) as served:
        for sent in (body, iter([body])):  # an iterator is sent in chunks, without a length
            connection = HTTPConnection(served.url.removeprefix("http://"))
            connection.request("POST", "/graphql", sent, {"content-type": "application/json"})
            statuses.append(connection.getresponse().status)
            connection.close()

    assert statuses == [413, 413]


def test_a_batch_is_refused_with_a_reason(gateway: Served) -> None:
    body = json.dumps([{"query": "{ __typename }"}]).encode()

    reply = gateway.request("POST", body=body, headers={"content-type": "application/json"})

    assert reply.status == 400
    assert "batch" in reply.json["errors"][0]["message"]


def test_an_unacceptable_answer_is_406(gateway: Served) -> None:
    assert gateway.post("{ __typename }", {"accept": "text/html"}).status == 406


def test_a_simple_cross_site_request_is_refused(gateway: Served) -> None:
    body = b'{"query": "{ __typename }"}'

    simple = gateway.request("POST", body=body, headers={"content-type": "text/plain"})
    cross = gateway.request(
        "GET",
        "/graphql?" + urlencode({"query": "{ __typename }"}),
        headers={"sec-fetch-site": "cross-site"},
    )

    assert (simple.status, cross.status) == (415, 403)
    assert "access-control-allow-origin" not in {name.lower() for name in cross.headers}


def test_the_operation_limits_hold(gateway: Served) -> None:
    reply = gateway.post("{" + " ".join(f"a{i}: __typename" for i in range(100)) + "}")

    assert (reply.status, reply.code) == (400, "OPERATION_LIMIT_EXCEEDED")


def test_the_state_of_the_gateway_can_be_asked(gateway: Served) -> None:
    health, ready = gateway.request("GET", "/health"), gateway.request("GET", "/ready")
    keys = gateway.request("GET", "/.well-known/jwks.json")

    assert (health.status, health.json["status"]) == (200, "up")
    assert (ready.status, ready.json["access"]) == (200, "open")
    assert keys.json["keys"][0]["crv"] == "Ed25519"
    assert "d" not in keys.json["keys"][0]


def test_nothing_of_an_operation_reaches_the_log(tmp_path: Path) -> None:
    file = subgraph_list(tmp_path, [("a", "http://127.0.0.1:9/graphql", SDL)])
    query = f'query Secret {{ __type(name: "{IDENTITY_NUMBER}") {{ name }} }}'

    with serving("--subgraphs", str(file), "--access", "open") as served:
        got = served.request("GET", "/graphql?" + urlencode({"query": query}))
        posted = served.post(query, variables={"id": IDENTITY_NUMBER})
        wrong = served.post(f"{{ a{IDENTITY_NUMBER} }}")
        served.request("GET", f"/{IDENTITY_NUMBER}?id={IDENTITY_NUMBER}")
        said = served.stop()

    assert (got.status, posted.status, wrong.status) == (200, 200, 400)
    assert '"path":"/graphql"' in said
    assert IDENTITY_NUMBER not in said
    assert "Secret" not in said


def test_get_can_be_switched_off(tmp_path: Path) -> None:
    file = subgraph_list(tmp_path, [("a", "http://127.0.0.1:9/graphql", SDL)])
    settings = {"DATONG_HTTP_GET": "false"}

    with serving("--subgraphs", str(file), "--access", "open", environment=settings) as served:
        reply = served.request("GET", "/graphql?" + urlencode({"query": "{ __typename }"}))

    assert (reply.status, reply.headers["allow"]) == (405, "POST")


def test_open_access_says_so_loudly(gateway: Served) -> None:
    assert "ACCESS IS OPEN" in gateway.said


def test_two_workers_answer_on_one_port_with_one_key(tmp_path: Path) -> None:
    file = subgraph_list(tmp_path, [("a", "http://127.0.0.1:9/graphql", SDL)])

    with serving("--subgraphs", str(file), "--access", "open", "--workers", "2") as served:
        replies = [served.request("GET", "/.well-known/jwks.json") for _ in range(12)]
        answered = [served.post("{ __typename }").status for _ in range(4)]

    assert len({reply.body for reply in replies}) == 1
    assert answered == [200] * 4
