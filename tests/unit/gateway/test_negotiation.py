"""Media types, bodies and query strings of GraphQL over HTTP."""

import pytest
from starlette.datastructures import Headers

from federation.gateway.acceptance import choose_acceptance
from federation.gateway.negotiation import (
    LEGACY_TYPE,
    RESPONSE_TYPE,
    Accepted,
    HttpRefusal,
    accepted_by,
    accepts_events,
    check_content_type,
    check_origin,
    choose_media_type,
    read_body,
    read_query_string,
)

HEADERS = Headers()
PLAIN = accepted_by(None)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, LEGACY_TYPE),
        ("", LEGACY_TYPE),
        ("*/*", LEGACY_TYPE),
        ("application/*", LEGACY_TYPE),
        ("application/json", LEGACY_TYPE),
        ("application/graphql-response+json", RESPONSE_TYPE),
        ("application/graphql-response+json; charset=utf-8", RESPONSE_TYPE),
        ("application/json, application/graphql-response+json", RESPONSE_TYPE),
        ("application/json, application/graphql-response+json;q=0.9", LEGACY_TYPE),
        ("APPLICATION/JSON", LEGACY_TYPE),
        ("text/html, */*;q=0.1", LEGACY_TYPE),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=often", None),
        ("application/json; charset=iso-8859-1", None),
    ],
)
def test_the_media_type_is_the_one_the_client_likes_best(
    accept: str | None, chosen: str | None
) -> None:
    assert choose_media_type(accept) == chosen


@pytest.mark.parametrize(
    ("accept", "accepted"),
    [
        ("text/event-stream", True),
        ("application/json, Text/Event-Stream; q=0.5", True),
        ("text/event-stream;q=0", False),
        ("text/*, */*", False),
        ("", False),
        (None, False),
    ],
)
def test_event_streams_are_accepted_by_name_only(accept: str | None, accepted: bool) -> None:
    assert accepts_events(accept) is accepted


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/graphql"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_bodies_that_need_no_preflight_or_are_no_plain_json_are_415(
    headers: dict[str, str],
) -> None:
    with pytest.raises(HttpRefusal) as refused:
        check_content_type(Headers(headers))

    assert refused.value.status == 415


def test_plain_utf8_json_is_accepted() -> None:
    check_content_type(Headers({"content-type": "Application/JSON; charset=UTF-8"}))


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"origin": "https://evil.example", "host": "city.example"}, True),
        ({"origin": "https://city.example", "host": "city.example"}, False),
        ({"origin": "https://friend.example", "host": "city.example"}, False),
        ({"origin": "null", "host": "city.example"}, True),
    ],
)
def test_get_requests_of_other_sites_pages_are_refused(
    headers: dict[str, str], refused: bool
) -> None:
    if not refused:
        check_origin(Headers(headers), ("https://friend.example",))
        return
    with pytest.raises(HttpRefusal) as raised:
        check_origin(Headers(headers), ("https://friend.example",))
    assert raised.value.status == 403


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b'[{"query": "{a}"}]', "batched"),
        (b'"text"', "object"),
        (b"{}", "query is missing"),
        (b'{"query": 1}', "query must be"),
        (b'{"query": "{a}", "operationName": 1}', "operationName"),
        (b'{"query": "{a}", "variables": []}', "variables"),
        (b'{"query": "{a}", "variables": 0}', "variables"),
        (b'{"query": "{a}", "extensions": "x"}', "extensions"),
    ],
)
def test_a_body_that_is_no_request_says_what_is_wrong(body: bytes, said: str) -> None:
    with pytest.raises(HttpRefusal, match=said) as refused:
        read_body(body, "r", HEADERS, PLAIN)

    assert refused.value.status == 400


def test_null_parameters_are_as_good_as_none() -> None:
    body = b'{"query": "{a}", "variables": null, "operationName": null, "extensions": null}'

    request = read_body(body, "r", HEADERS, PLAIN)

    assert (request.query, request.variables, request.operation_name) == ("{a}", {}, None)


def test_a_query_string_carries_json_variables() -> None:
    request = read_query_string(
        b"query=query%20Q(%24a%3AID)%7Ba%7D&operationName=Q&variables=%7B%22a%22%3A%22%E5%B8%82%22%7D",
        "r",
        HEADERS,
        PLAIN,
    )

    assert request.is_get
    assert request.query == "query Q($a:ID){a}"
    assert request.operation_name == "Q"
    assert request.variables == {"a": "市"}


@pytest.mark.parametrize(
    "query_string",
    [b"", b"query=a&query=b", b"query=a&variables=%7B", b"query=%ff", b"query=a&variables=[]"],
)
def test_a_query_string_that_is_no_request_is_400(query_string: bytes) -> None:
    with pytest.raises(HttpRefusal) as refused:
        read_query_string(query_string, "r", HEADERS, PLAIN)

    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("accept", "accepted"),
    [
        (None, Accepted(LEGACY_TYPE, events=False, parts=None)),
        ("text/html", Accepted(None, events=False, parts=None)),
        (
            "multipart/mixed",
            Accepted("multipart/mixed", events=False, parts=choose_acceptance("multipart/mixed")),
        ),
        (
            "application/json, text/event-stream",
            Accepted(LEGACY_TYPE, events=True, parts=choose_acceptance("text/event-stream")),
        ),
        ("text/html," * 100 + "*/*", Accepted(LEGACY_TYPE, events=False, parts=None)),
    ],
)
def test_what_is_accepted_is_the_same_each_time(accept: str | None, accepted: Accepted) -> None:
    assert accepted_by(accept) == accepted
    assert accepted_by(accept) == accepted
