"""No decision is a denial: whatever is wrong with the engine, nothing is asked or answered."""

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from federation.access import AccessRequest, Asker, Caller, OperationFacts, Uses
from federation.catalogue import build_catalogue
from federation.errors import PolicyUnavailable
from federation.gateway.engines import EmbeddedEngine, PolicySource, load_policies, make_release
from tests.no_leak.city import City, documents, grants
from tests.policies.tables import OPA, freeze, opa_process
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


@pytest.mark.skipif(OPA is None, reason="no opa on PATH")
def test_an_opa_that_is_frozen_denies_until_it_goes_on(city: City, tmp_path: Path) -> None:
    granted = grants("Citizen.name", "Citizen.phone")
    source = PolicySource(load_policies().modules, documents(granted))
    release = make_release(source, build_catalogue(city.supergraph))
    with opa_process(release, tmp_path) as (url, server):
        access: dict[str, Any] = {"engine": "opa", "opa_url": url, "deadline_seconds": 0.5}
        gateway = city.gateway(granted, **access)
        known = gateway.ask("{ mayor { name } }")
        freeze(server)
        kept = gateway.ask("{ mayor { name } }")
        frozen = [gateway.ask("{ mayor { phone } }") for _ in range(4)]
        server.send_signal(signal.SIGCONT)
        time.sleep(1.1)
        thawed = gateway.ask("{ mayor { phone } }")

    # What was decided just before still counts, as it would without the freeze.
    assert known.json == kept.json == {"data": {"mayor": {"name": "NAME-BEN"}}}
    for wire in frozen:
        assert (wire.status, wire.sent) == (503, ())
        assert [error["extensions"]["code"] for error in wire.errors] == ["POLICY_UNAVAILABLE"]
        assert wire.shows("PHONE-BEN") == set()
        assert [record["outcome"] for record in wire.records] == ["failed"]
    assert thawed.json == {"data": {"mayor": {"phone": "PHONE-BEN"}}}


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
