"""No decision is a denial: whatever is wrong with the engine, nothing is asked or answered."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from federation.access import AccessRequest, Asker, Caller, OperationFacts, Uses
from federation.errors import PolicyUnavailable
from federation.gateway.engines import EmbeddedEngine, PolicySource, make_release
from tests.no_leak.city import City
from tests.support.departments import served


@contextmanager
def _engine(answer: str, status: int = 200, seconds: float = 0) -> Iterator[str]:
    async def decide(_request: Request) -> Response:
        await asyncio.sleep(seconds)
        return PlainTextResponse(answer, status)

    route = Route("/{path:path}", decide, methods=["GET", "POST"])
    with served(Starlette(routes=[route])) as port:
        yield f"http://127.0.0.1:{port}"


ALLOWED = '{"effect": "allow", "reasons": [], "rule": "r"}'
DECISION = (
    '{"result": {"contract": 1, "row_filters": {}, "fields": {'
    f'"Query.mayor": {{"select": {ALLOWED}}}, "Citizen.name": {{"select": {ALLOWED}}}'
    "}}}"
)


@pytest.mark.parametrize(
    ("answer", "status", "seconds"),
    [
        ("", 200, 0),
        ("not json", 200, 0),
        ("[]", 200, 0),
        ("{}", 200, 0),
        ('{"result": {"contract": 2, "fields": {}, "row_filters": {}}}', 200, 0),
        ('{"message": "mayor 990102199001011239 is secret"}', 500, 0),
        # Well formed, allowing everything, and not by the policies that this gateway has.
        (DECISION, 200, 0),
        (DECISION, 200, 2),
        (DECISION, 302, 0),
    ],
)
def test_an_engine_that_does_not_answer_as_it_should_denies_everything(
    city: City, answer: str, status: int, seconds: float
) -> None:
    with _engine(answer, status, seconds) as url:
        access: dict[str, Any] = {"engine": "opa", "opa_url": url, "deadline_seconds": 0.3}
        wire = city.gateway({}, **access).ask("{ mayor { name } }")

    assert wire.status == 503
    assert [error["extensions"]["code"] for error in wire.errors] == ["POLICY_UNAVAILABLE"]
    assert "data" not in wire.json
    assert wire.sent == ()
    assert url not in wire.body
    assert wire.shows("990102199001011239") == set()
    assert [record["outcome"] for record in wire.records] == ["failed"]


def test_an_engine_that_is_not_there_denies_everything(city: City) -> None:
    access: dict[str, Any] = {"engine": "opa", "opa_url": "http://127.0.0.1:9"}
    wire = city.gateway({}, **access).ask("{ mayor { name } }")

    assert (wire.status, wire.sent) == (503, ())


async def test_what_fails_in_a_rule_is_named_by_its_place_and_not_by_what_was_asked() -> None:
    source = PolicySource(
        {
            "datong/access.rego": (
                "package datong.access\n\nimport rego.v1\n\n"
                'decision := {"contract": 1, "fields": fields, "row_filters": {}}\n\n'
                'fields[c] := {use: {"effect": "deny", "reasons": [], "rule": name} |'
                " some use in object.keys(uses)} if some c, uses in input.fields\n\n"
                'default name := "n"\n\n'
                'name := concat("", ["", input.caller.region, 5]) if input.caller.region\n'
            )
        },
        {},
    )
    engine = EmbeddedEngine(make_release(source, {}))
    caller = Caller("clerk", "person", region="REGION-990102")
    asked = AccessRequest(
        Asker(caller, None, (), 1), OperationFacts("query"), {"A.b": Uses(select=True)}
    )

    # Not `pytest.raises`, whose exception would keep the engine beyond its thread.
    try:
        await engine.decide(asked)
    except PolicyUnavailable as failure:
        message = failure.message
    assert "datong/access.rego:" in message
    assert "990102" not in message
