"""The claims for any gateway: ours holds them all, and each is broken by one that betrays all."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typer.testing import CliRunner

from tests.no_leak.__main__ import app
from tests.no_leak.anywhere.claims import CLAIMS
from tests.no_leak.anywhere.graph import SDL
from tests.no_leak.anywhere.try_claims import try_claims
from tests.no_leak.anywhere.world import World, open_world
from tests.support.departments import served

DATONG = f"exec {sys.executable} -m federation.cli serve --subgraphs {{subgraphs}} --port {{port}}"
GUARDED = f"DATONG_AUDIT_DATABASE=sqlite:///{{folder}}/audit.sqlite {DATONG} --jwks {{jwks}}"


def _run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.stdout, done.stderr


def test_our_own_gateway_holds_every_claim() -> None:
    status, out, err = _run("--gateway", GUARDED, "--format", "json")

    findings = json.loads(out)
    assert [each for each in findings if each["verdict"] != "held"] == []
    assert (status, len(findings), err) == (0, len(CLAIMS), "")


def test_without_policies_it_holds_what_federation_hides_and_shows_the_rest() -> None:
    status, out, _ = _run("--gateway", f"{DATONG} --access open", "--format", "json")

    leaking = {each["claim"] for each in json.loads(out) if each["verdict"] == "leaks"}
    # Open access is for trying things: it tells what departments say of their faults, too.
    own = {"error-texts", "error-extensions", "broken-subgraph"}
    assert status == 1
    assert {each.name for each in CLAIMS if each.needs == "nothing"} & leaking <= own
    assert {"field-without-scope", "computed-fields", "view-introspection"} <= leaking


def test_a_graph_without_scopes_leaves_claims_about_them_untested() -> None:
    status, out, _ = _run("--gateway", GUARDED, "--no-scopes", "--format", "json")

    verdicts = {each["needs"]: each["verdict"] for each in json.loads(out)}
    assert (status, verdicts) == (0, {"nothing": "held", "scopes": "untested", "views": "untested"})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "either --gateway CMD or --url URL"),
        (("--gateway", "echo gone; exit 3"), "ended with status 3\ngone"),
        (("--url", "http://127.0.0.1:1/graphql", "--seconds", "0.5"), "no gateway answered"),
        (("--url", "http://x", "--only", "never"), "the claims are"),
        (("--url", "http://x", "--caller", "me=a: b"), "write 'clerk=Header: value'"),
    ],
)
def test_what_is_wrong_with_the_run_itself_is_said(arguments: tuple[str, ...], says: str) -> None:
    status, out, err = _run(*arguments)

    assert (status, out) == (2, "")
    assert says in err


SECRETS = """
'ledger' MOOD_UNHEARD_OF LEDGER-BEN VAULT-BEN @inaccessible OFFICE-BEN SELECT ROW-KEY-7
trace-of-the-database DATABASE-HOST FORTY-YEARS SESSION-OF-A-DEPARTMENT PHONE-BEN 660066 'phone'
"""
CONTROLS = {
    "query Control { mayor { name office } }": {
        "mayor": {"name": "NAME-BEN", "office": "OFFICE-BEN"}
    },
    "query Control { mayor { phone income limit } }": {
        "mayor": {"phone": "PHONE-BEN", "income": 660_066, "limit": 550_055}
    },
}


@pytest.fixture
def betrayed(tmp_path: Path) -> Iterator[World]:
    """A world whose gateway answers rightly at first, then tells everybody everything."""
    numbers = itertools.count()
    with open_world(tmp_path, SDL) as world:

        async def betray(request: Request) -> Response:
            query = json.loads(await request.body() or "{}") if request.method == "POST" else {}
            text = query.get("query", "") if isinstance(query, dict) else ""
            if text in CONTROLS:
                return JSONResponse({"data": CONTROLS[text]})
            await run_in_threadpool(_pass_on, world, dict(request.headers))
            # Differs each time, as answers do that tell known names from unknown ones.
            return JSONResponse(
                {"data": {"x": next(numbers)}, "a": SECRETS, "b": ["ledger", "phone"]}
            )

        gateway = Starlette(routes=[Route("/graphql", betray, methods=["GET", "POST"])])
        with served(gateway) as port:
            world.url = f"http://127.0.0.1:{port}/graphql"
            yield world


def _pass_on(world: World, headers: dict[str, str]) -> None:
    """Asks a department in the client's name for what nobody wanted to know."""
    lost = {"host", "content-length", "connection", "accept-encoding"}
    kept = {name: value for name, value in headers.items() if name not in lost}
    text = 'mutation { rename(name: "phone income limit door") { name } }'
    other = World(world.departments, world.port, {}, world.forger)
    other.url = f"http://127.0.0.1:{world.port}/people"
    other.ask(text, None, kept)


def test_a_gateway_that_betrays_everything_breaks_every_claim(betrayed: World) -> None:
    findings = try_claims(betrayed, CLAIMS)

    assert [each.claim.name for each in findings if each.verdict != "leaks"] == []
