"""A department answers the gateway alone, and one question of the gateway's at a time."""

import hashlib
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import jwt
import pytest
from msgspec.json import encode

from federation.access import Caller
from federation.gateway.signing import ContextSigner, key_id
from subgraphs.world.demo import CONSENTING, OTHER
from tests.no_leak.offices import NOBODY, Offices
from tests.support.departments import Reply

QUERY = "{ citizens(first: 5) { totalCount edges { node { name } } } }"
OTHER_QUERY = "{ citizens(first: 5) { totalCount edges { node { name phone } } } }"
FILTERS = {"Citizen": {"field": "regionCode", "op": "starts_with", "value": "990102"}}
CALLER = Caller("officer", "person", "county_990102", "990102")


def _post(offices: Offices, subgraph: str, query: str, token: str | None) -> Reply:
    headers = {} if token is None else {"datong-context": token}
    return offices.client(subgraph).post({"query": query}, headers)


def _token(offices: Offices, subgraph: str = "public_security", query: str = QUERY) -> str:
    return offices.signer.sign(subgraph, query, CALLER, "data-return", encode(FILTERS))


def _changed(token: str, **claims: Any) -> str:
    head, body, signature = token.split(".")
    padded = body + "=" * (-len(body) % 4)
    known = {**json.loads(urlsafe_b64decode(padded)), **claims}
    changed = urlsafe_b64encode(json.dumps(known).encode()).rstrip(b"=").decode()
    return f"{head}.{changed}.{signature}"


def test_the_gateways_own_context_is_answered_within_its_row_filters(offices: Offices) -> None:
    reply = _post(offices, "public_security", QUERY, _token(offices))

    assert reply.status == 200
    assert 0 < reply.data["citizens"]["totalCount"] < 2_000


def test_without_a_context_a_department_says_nothing(offices: Offices) -> None:
    for name in offices.ports:
        for query in ("{ __typename }", "{ _service { sdl } }"):
            reply = _post(offices, name, query, None)

            assert (reply.status, "data" in reply.body) == (401, False)


@pytest.mark.parametrize(
    "change",
    [
        {"row_filters": {}},
        {"exp": int(time.time()) + 3_600},
        {"aud": "tax"},
        {"sub": "somebody else"},
        {"op": hashlib.sha256(OTHER_QUERY.encode()).hexdigest()},
    ],
)
def test_a_changed_context_is_worthless(offices: Offices, change: dict[str, Any]) -> None:
    query = OTHER_QUERY if "op" in change else QUERY
    reply = _post(offices, "public_security", query, _changed(_token(offices), **change))

    assert (reply.status, "data" in reply.body) == (401, False)


def test_a_context_is_good_for_one_text_and_one_department(offices: Offices) -> None:
    replayed = _post(offices, "public_security", OTHER_QUERY, _token(offices))
    borrowed = _post(offices, "public_security", QUERY, _token(offices, "tax"))

    assert (replayed.status, borrowed.status) == (401, 401)


def test_a_context_ends(offices: Offices) -> None:
    old = ContextSigner(offices.key, 60, 10, lambda: time.time() - 120)
    token = old.sign("public_security", QUERY, CALLER, None)

    assert _post(offices, "public_security", QUERY, token).status == 401


def test_nobody_else_signs_contexts(offices: Offices) -> None:
    now = int(time.time())
    claims = {
        "iss": "datong-gateway",
        "aud": "public_security",
        "iat": now,
        "exp": now + 60,
        "sub": "x",
        "row_filters": {},
        "op": hashlib.sha256(QUERY.encode()).hexdigest(),
    }
    headers = {"kid": key_id(offices.key.public_key())}
    stranger = offices.client("public_security").gateway.key
    forged = [
        jwt.encode(claims, stranger, algorithm="EdDSA", headers=headers),
        jwt.encode(claims, "x" * 32, algorithm="HS256", headers=headers),
        jwt.encode(claims, "", algorithm="none", headers=headers),
        jwt.encode({**claims, "exp": now + 600}, offices.key, algorithm="EdDSA", headers=headers),
        jwt.encode({**claims, "iss": "me"}, offices.key, algorithm="EdDSA", headers=headers),
        jwt.encode({**claims, "row_filters": []}, offices.key, algorithm="EdDSA", headers=headers),
        offices.gateway.city.issuer.token(aud="public_security", iss="datong-gateway"),
    ]
    for token in forged:
        reply = _post(offices, "public_security", QUERY, token)

        assert (reply.status, "data" in reply.body) == (401, False)


@pytest.mark.parametrize(
    "filters",
    [
        {"Citizen": {"field": "nothing", "op": "eq", "value": "1"}},
        {"Citizen": {"field": "regionCode", "op": "like", "value": "%"}},
        {"Citizen": {}},
        {"Citizen": []},
        {"Unheard": {"field": "regionCode", "op": "eq", "value": "990102"}},
        {"Citizen": {"or": [{"field": "regionCode", "op": "eq", "value": "1"}, {}]}},
    ],
)
def test_a_filter_that_a_department_cannot_apply_refuses_the_request(
    offices: Offices, filters: dict[str, Any]
) -> None:
    token = offices.signer.sign("public_security", QUERY, CALLER, None, encode(filters))
    reply = _post(offices, "public_security", QUERY, token)

    assert (reply.status, "data" in reply.body) == (403, False)
    assert CONSENTING.name not in str(reply.body)


def test_a_hidden_row_is_null_by_its_key_and_spoils_no_other(offices: Offices) -> None:
    query = (
        "query($r: [_Any!]!) { _entities(representations: $r) { ... on Citizen { regionCode } } }"
    )
    token = offices.signer.sign("public_security", query, CALLER, None, encode(FILTERS))
    numbers = [CONSENTING.id_number, OTHER.id_number, NOBODY]
    representations = [{"__typename": "Citizen", "idNumber": each} for each in numbers]
    reply = offices.client("public_security").post(
        {"query": query, "variables": {"r": representations}}, {"datong-context": token}
    )

    assert reply.body == {"data": {"_entities": [{"regionCode": "990102001"}, None, None]}}
