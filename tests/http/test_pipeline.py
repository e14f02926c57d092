"""A served gateway with callers, policy engines and an audit trail, seen from outside."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import jwt
import pytest

from tests.support.issuer import Issuer
from tests.support.served import Served, serving, subgraph_list
from tests.support.slow_subgraph import SDL, SlowSubgraph, slow_subgraph

GOVERNED = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3")
  @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@classified", "@sharing"])
directive @classified(level: Int!, category: String) on FIELD_DEFINITION
directive @sharing(class: datong__SharingClass!, condition: String, legalBasis: String)
  on FIELD_DEFINITION
enum datong__SharingClass { UNCONDITIONAL CONDITIONAL NOT_SHARED }
type Query {
  quick: String @classified(level: 1) @sharing(class: UNCONDITIONAL)
  slow: String @classified(level: 3) @sharing(class: CONDITIONAL, condition: "a purpose")
}
type Mutation { change: String @classified(level: 3) @sharing(class: UNCONDITIONAL) }
"""


@pytest.fixture
def subgraph() -> Iterator[SlowSubgraph]:
    with slow_subgraph() as running:
        yield running


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(int(time.time()))


class City:
    """A folder with everything that a guarded gateway is configured with."""

    def __init__(self, folder: Path, issuer: Issuer, subgraph: SlowSubgraph) -> None:
        self.folder, self.issuer, self.subgraph = folder, issuer, subgraph
        self.audit = folder / "audit.sqlite"
        self.environment = {
            "DATONG_IDENTITY_JWKS": issuer.publish(folder / "jwks.json"),
            "DATONG_AUDIT_DATABASE": f"sqlite+aiosqlite:///{self.audit}",
            "DATONG_AUDIT_HEAD_KEY_FILE": str(folder / "head.pem"),
        }

    @contextmanager
    def serve(self, *arguments: str, sdl: str = GOVERNED, **more: str) -> Iterator[Served]:
        file = subgraph_list(self.folder, [("a", self.subgraph.url, sdl)])
        environment = {**self.environment, **more}
        with serving("--subgraphs", str(file), *arguments, environment=environment) as served:
            yield served

    def headers(self, **claims: object) -> dict[str, str]:
        return {"authorization": f"Bearer {self.issuer.token(**claims)}"}

    def records(self) -> list[dict[str, object]]:
        """Bodies of the audit trail's records, in order."""
        with sqlite3.connect(self.audit) as connection:
            rows = connection.execute("select body from audit_entry order by rowid").fetchall()
        bodies = [json.loads(row[0]) for row in rows]
        return [body for body in bodies if "request_id" in body]


@pytest.fixture
def city(tmp_path: Path, issuer: Issuer, subgraph: SlowSubgraph) -> City:
    return City(tmp_path, issuer, subgraph)


def _until(holds: Callable[[], bool], seconds: float = 8) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def test_callers_are_known_judged_and_recorded(city: City) -> None:
    with city.serve() as served:
        nobody = served.post("{ quick }")
        expired = served.post("{ quick }", city.headers(exp=int(time.time()) - 60))
        allowed = served.post("query Q { quick }", city.headers())
        denied = served.post("{ quick slow }", city.headers())
        foreign = served.post("{ quick }", {**city.headers(), "datong-purpose": "no-such"})
        changed = served.post("mutation { change }", city.headers())
        wrong = served.post("{ nothing }", city.headers())

    assert (nobody.status, nobody.code) == (401, "UNAUTHENTICATED")
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    assert (expired.status, "expired" in expired.json["errors"][0]["message"]) == (401, True)
    assert allowed.json == {"data": {"quick": "done"}}
    assert denied.json["data"] == {"quick": "done", "slow": None}
    assert (denied.status, denied.code) == (200, "ACCESS_DENIED")
    assert (foreign.status, foreign.code) == (403, "FORBIDDEN")
    assert (changed.status, changed.code) == (403, "ACCESS_DENIED")
    assert wrong.status == 400
    assert not any("slow" in text or "change" in text for text in city.subgraph.asked)
    outcomes = [(record["kind"], record["outcome"]) for record in city.records()]
    assert sorted(outcomes) == sorted(
        [("release", "answered"), ("release", "partial")] + [("release", "refused")] * 3
    )


def test_a_subgraph_gets_a_signed_context_and_never_the_callers_token(city: City) -> None:
    with city.serve() as served:
        forged = {"datong-context": "forged", "cookie": "secret", "traceparent": "00-1"}
        served.post("{ quick }", {**city.headers(), **forged})
        keys = served.request("GET", "/.well-known/jwks.json").json

    headers = city.subgraph.headers[-1]
    claims = jwt.decode(
        headers["datong-context"], jwt.PyJWK.from_dict(keys["keys"][0]), audience="a"
    )
    assert (claims["sub"], claims["caller"]["department"]) == ("bank-app", "heming_bank")
    assert headers["traceparent"] == "00-1"
    assert not headers.keys() & {"authorization", "cookie"}


def test_without_a_policy_engine_everything_is_denied_with_a_clear_error(city: City) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        settings = {"DATONG_ACCESS_ENGINE": "opa", "DATONG_ACCESS_OPA_URL": url}
        file = subgraph_list(city.folder, [("a", city.subgraph.url, GOVERNED)])
        arguments = ("--subgraphs", str(file))
        with serving(
            *arguments, environment={**city.environment, **settings}, ready=False
        ) as served:
            ready = served.request("GET", "/ready")
            reply = served.post("{ quick }", city.headers())

    assert (ready.status, ready.json["status"]) == (503, "not ready")
    assert (reply.status, reply.code) == (503, "POLICY_UNAVAILABLE")
    assert "data" not in reply.json
    assert url not in reply.body.decode()
    assert city.subgraph.asked == []


def test_nothing_is_answered_when_the_audit_trail_cannot_be_written(city: City) -> None:
    with city.serve() as served:
        served.post("{ quick }", city.headers())
        with sqlite3.connect(city.audit) as connection:
            connection.execute("drop table audit_entry")
        reply = served.post("{ quick }", city.headers())
        ready = served.request("GET", "/ready")

    assert (reply.status, reply.code) == (503, "AUDIT_UNAVAILABLE")
    assert b"done" not in reply.body
    assert ready.status == 503


def _send_and_leave(served: Served, query: str, subgraph: SlowSubgraph) -> None:
    """Closes the connection as soon as the subgraph has the request."""
    host, _, port = served.url.removeprefix("http://").partition(":")
    body = json.dumps({"query": query}).encode()
    before = len(subgraph.asked)
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
        connection.sendall(f"{head}content-type: application/json\r\n\r\n".encode() + body)
        _until(lambda: len(subgraph.asked) > before)


def test_a_client_that_goes_away_cancels_its_fetches(city: City) -> None:
    with city.serve("--access", "open", sdl=SDL, DATONG_IDENTITY_JWKS="") as served:
        _send_and_leave(served, "{ slow }", city.subgraph)
        _until(lambda: city.subgraph.dropped == 1)
        _until(lambda: "cancelled" in [record["outcome"] for record in city.records()])


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_query_that_takes_long_is_in_the_trail_while_it_runs(city: City, workers: str) -> None:
    arguments = ("--access", "open", "--workers", workers)
    with (
        city.serve(*arguments, sdl=SDL, DATONG_IDENTITY_JWKS="") as served,
        ThreadPoolExecutor() as clients,
    ):
        answer = clients.submit(served.post, "{ slow }")
        _until(lambda: _kinds(city) == ["intent"])
        city.subgraph.let_go.set()
        assert answer.result().json == {"data": {"slow": "done"}}
        assert _kinds(city) == ["intent", "release"]


def test_what_a_killed_gateway_had_asked_is_in_the_trail(city: City) -> None:
    with (
        city.serve("--access", "open", sdl=SDL, DATONG_IDENTITY_JWKS="") as served,
        ThreadPoolExecutor() as clients,
    ):
        answer = clients.submit(served.post, "{ slow }")
        _until(lambda: len(city.subgraph.asked) == 1)
        # Four times the patience, and no look at the database, which might help it.
        time.sleep(1)
        served.process.kill()
        assert isinstance(answer.exception(), OSError)

    (intent,) = city.records()
    assert (intent["kind"], intent["subgraphs"]) == ("intent", ["a"])


def _kinds(city: City) -> list[object]:
    return [record["kind"] for record in city.records()]


def test_a_started_mutation_is_finished_and_recorded_though_its_client_left(city: City) -> None:
    with city.serve("--access", "open", sdl=SDL, DATONG_IDENTITY_JWKS="") as served:
        _send_and_leave(served, "mutation { change }", city.subgraph)
        time.sleep(0.3)
        city.subgraph.let_go.set()
        _until(lambda: len(city.records()) == 2)

    assert (city.subgraph.ended, city.subgraph.dropped) == (1, 0)
    assert [record["outcome"] for record in city.records()] == ["started", "answered"]


def test_a_request_ends_at_its_deadline(city: City) -> None:
    limits = {"DATONG_HTTP_DEADLINE_SECONDS": "0.5", "DATONG_IDENTITY_JWKS": ""}
    with city.serve("--access", "open", sdl=SDL, **limits) as served:
        started = time.monotonic()
        reply = served.post("{ slow quick }")
        seconds = time.monotonic() - started

    assert seconds < 3
    assert reply.json["errors"]
    assert reply.status in {200, 504}


def test_workers_share_one_audit_chain_on_sqlite(city: City) -> None:
    with city.serve("--workers", "2") as served:
        answered = [served.post("{ quick }", city.headers()).status for _ in range(6)]
        _until(lambda: len(city.records()) == 6)

    with sqlite3.connect(city.audit) as connection:
        chains = connection.execute("select count(distinct chain) from audit_entry").fetchone()
    assert answered == [200] * 6
    assert chains == (2,)  # the register and the writer's


def test_the_admin_listener_hands_out_bundles_and_counts_for_its_token_only(city: City) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = {"authorization": "Bearer a-token-of-the-admins"}
    settings = {
        "DATONG_SERVER_ADMIN_PORT": str(port),
        "DATONG_SERVER_ADMIN_TOKEN": "a-token-of-the-admins",
    }

    with city.serve(**settings) as served:
        served.post("{ quick }")
        served.post("{ quick }", city.headers())
        public = served.request("GET", "/bundles/policy.tar.gz", headers=token)
        admin = Served(f"http://127.0.0.1:{port}", served.process, "")
        refused = admin.request("GET", "/bundles/policy.tar.gz")
        bundles = {
            name: admin.request("GET", f"/bundles/{name}.tar.gz", headers=token)
            for name in ("policy", "catalogue", "grants", "other")
        }
        etag = {"if-none-match": bundles["policy"].headers["etag"]}
        unchanged = admin.request("GET", "/bundles/policy.tar.gz", headers={**token, **etag})
        counts = admin.request("GET", "/counts", headers=token).json

    assert (public.status, refused.status, unchanged.status) == (404, 401, 304)
    assert [bundles[name].status for name in bundles] == [200, 200, 200, 404]
    assert bundles["policy"].body[:2] == b"\x1f\x8b"
    assert (counts["requests"]["answered"], counts["requests"]["unauthenticated"]) == (1, 1)
    assert counts["decisions"]["decided"] == 1
