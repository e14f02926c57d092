"""A grant taken back, with two gateway processes and a real OPA: nobody reads by it afterwards."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from federation.gateway.engines import POLICY_FOLDER
from tests.http.test_pipeline import GOVERNED
from tests.policies.tables import OPA, free_port
from tests.support.issuer import Issuer
from tests.support.served import Served, serving, subgraph_list
from tests.support.slow_subgraph import slow_subgraph

pytestmark = pytest.mark.timeout(120)

SDL = GOVERNED.replace(
    "quick: String @classified(level: 1) @sharing(class: UNCONDITIONAL)",
    'quick: String @classified(level: 3) @sharing(class: CONDITIONAL, condition: "a purpose")',
)
GRANT = {
    "purposes": {"loan-pre-approval": True},
    "uses": {"select": True},
    "expires": 4102444800,
    "level": 3,
}
DATA = {
    "grants": {"heming_bank": {"Query.quick": {"loan": GRANT, "second": GRANT}}},
    "purposes": {"loan-pre-approval": {}},
    "organisations": {"heming_bank": {}},
}
QUERY = "{ quick }"
LEASE_SECONDS = 2.0


class Site:
    """Gateways on one store, one set of files and one OPA."""

    def __init__(self, folder: Path, subgraph_url: str) -> None:
        self.folder = folder
        self.issuer = Issuer(int(time.time()))
        self.data = folder / "data"
        self.data.mkdir()
        self.write(DATA)
        self.admin_port = free_port()
        self.opa_port = free_port()
        self.list = subgraph_list(folder, [("a", subgraph_url, SDL)])
        self.environment = {
            "DATONG_IDENTITY_JWKS": self.issuer.publish(folder / "jwks.json"),
            "DATONG_ACCESS_STORE": f"sqlite:///{folder / 'policy.sqlite'}",
            "DATONG_ACCESS_DATA": str(self.data),
            "DATONG_SERVER_ADMIN_TOKEN": "admin-secret-of-the-test",
            "DATONG_SERVER_WATCH_SECONDS": "0.2",
        }

    def write(self, data: dict[str, Any]) -> None:
        (self.data / "all.json").write_text(json.dumps(data))

    @contextmanager
    def serve(self, name: str, *arguments: str, **more: str) -> Iterator[Served]:
        audit = f"sqlite+aiosqlite:///{self.folder / name}.sqlite"
        environment = {**self.environment, "DATONG_AUDIT_DATABASE": audit, **more}
        with serving("--subgraphs", str(self.list), *arguments, environment=environment) as served:
            yield served

    def ask(self, served: Served) -> str | None:
        """What the field answers, or the code of the error."""
        headers = {
            "authorization": f"Bearer {self.issuer.token()}",
            "datong-purpose": "loan-pre-approval",
        }
        reply = served.post(QUERY, headers)
        data = reply.json.get("data") or {}
        return data["quick"] if data.get("quick") else reply.code

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "federation.cli", *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment},
            timeout=60,
            check=False,
        )

    def revoke(self, grant: str) -> dict[str, Any]:
        done = self.command(
            "policy", "revoke", "heming_bank", "Query.quick", grant, "--format", "json"
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def workers(self) -> list[int]:
        """Processes that hold a lease, which is known by their number."""
        with closing(sqlite3.connect(self.folder / "policy.sqlite")) as store:
            names = [name for (name,) in store.execute("select name from policy_member")]
        return [int(name.rsplit(":", 2)[1]) for name in names]

    def candidate_changes(self, *admin: str) -> list[dict[str, Any]]:
        done = self.command("policy", "diff", "--live", "--format", "json", *admin)
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)["changes"]
        return found

    @contextmanager
    def opa(self) -> Iterator[subprocess.Popen[bytes]]:
        """A stock OPA that takes its bundles from the admin listener, by long polling."""
        polling = {
            "min_delay_seconds": 1,
            "max_delay_seconds": 2,
            "long_polling_timeout_seconds": 10,
        }
        config = {
            "services": {
                "gateway": {
                    "url": f"http://127.0.0.1:{self.admin_port}",
                    "credentials": {"bearer": {"token": "admin-secret-of-the-test"}},
                }
            },
            "bundles": {
                name: {
                    "service": "gateway",
                    "resource": f"/bundles/{name}.tar.gz",
                    "polling": polling,
                }
                for name in ("policy", "catalogue", "grants")
            },
        }
        file = self.folder / "opa.json"
        file.write_text(json.dumps(config))
        assert OPA is not None
        address = f"127.0.0.1:{self.opa_port}"
        command = [OPA, "run", "--server", "--addr", address, "--config-file", str(file)]
        with subprocess.Popen(
            [*command, "--log-level", "error"], stderr=subprocess.DEVNULL
        ) as server:
            try:
                yield server
            finally:
                server.send_signal(signal.SIGCONT)
                server.terminate()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with slow_subgraph() as subgraph:
        yield Site(tmp_path, subgraph.url)


@pytest.mark.skipif(OPA is None, reason="no opa on PATH")
def test_after_a_revocation_nobody_reads_by_the_grant_not_even_who_was_frozen(site: Site) -> None:
    with ExitStack() as stack:
        stack.enter_context(site.opa())
        opa = ("--access", "opa", "--opa-url", f"http://127.0.0.1:{site.opa_port}")
        admin = {"DATONG_SERVER_ADMIN_PORT": str(site.admin_port)}
        one = stack.enter_context(site.serve("one", *opa, **admin))
        two = stack.enter_context(site.serve("two", *opa))
        assert [site.ask(one), site.ask(two)] == ["done", "done"]

        first = site.revoke("second")
        assert [site.ask(one), site.ask(two)] == ["done", "done"]  # by the other grant
        assert first["silent"] == []

        two.process.send_signal(signal.SIGSTOP)
        try:
            second = site.revoke("loan")
            denied = site.ask(one)
        finally:
            two.process.send_signal(signal.SIGCONT)
        thawed = site.ask(two)

    assert denied == "ACCESS_DENIED"
    # It finds its lease over, or has caught up in the meantime: in no case it answers.
    assert thawed in {"POLICY_UNAVAILABLE", "NO_DECISION", "ACCESS_DENIED"}
    assert len(second["silent"]) == 1
    assert second["seconds"] < LEASE_SECONDS + 1


def test_what_changes_is_taken_up_compared_refused_or_revoked_while_the_gateway_answers(
    site: Site,
) -> None:
    candidate = site.folder / "candidate"
    shutil.copytree(POLICY_FOLDER / "datong", candidate / "datong")
    (candidate / "datong/departments/a.rego").write_text(
        "package datong.departments.a\n\n"
        'deny["Query.quick"] contains "never" if input.fields["Query.quick"]\n'
    )
    admin = ("--admin", f"http://127.0.0.1:{site.admin_port}")
    environment = {
        "DATONG_SERVER_ADMIN_PORT": str(site.admin_port),
        "DATONG_ACCESS_CANDIDATE": str(candidate),
    }
    with site.serve("one", **environment) as one:
        reload = ("reload", *admin)
        assert site.ask(one) == "done"
        _until(lambda: site.candidate_changes(*admin))
        (change,) = site.candidate_changes(*admin)
        assert (change["caller"], change["place"]) == ("application of heming_bank", "Query.quick")
        assert (change["before"], change["after"]) == ("allow", "deny")
        (site.data / "all.json").write_text("{ broken")
        refused = site.command(*reload)
        assert (refused.returncode, "all.json" in refused.stderr) == (1, True)
        assert site.ask(one) == "done"
        ready = one.request("GET", "/ready")
        assert (ready.status, ready.json["reload_refused"]) == (200, "the log says why")
        assert "all.json" not in json.dumps(ready.json)

        # Neither a grant without a condition that was misspelt, nor what no reader foresees.
        for fault, words in ((_with_misspelt_region(), "regoin"), ("[" * 100_000, "a fault of")):
            (site.data / "all.json").write_text(fault)
            refused = site.command(*reload)
            assert (refused.returncode, words in refused.stderr) == (1, True)
            assert site.ask(one) == "done"

        site.write({**DATA, "grants": {}})
        assert site.command(*reload).returncode == 0
        assert site.ask(one) == "ACCESS_DENIED"

        site.write(DATA)
        _until(lambda: site.ask(one) == "done")

        changed = SDL.replace("slow: String", "new: String @classified(level: 1) @sharing("
                                   "class: UNCONDITIONAL)\n  slow: String")  # fmt: skip
        subgraph_list(site.folder, [("a", json.loads(site.list.read_text())[0]["url"], changed)])
        one.process.send_signal(signal.SIGHUP)
        _until(lambda: "new" in one.post("{ new }", _headers(site)).json.get("data", {}))
        assert "reload_refused" not in one.request("GET", "/ready").json

        site.revoke("second")
        done = site.revoke("loan")
        assert site.ask(one) == "ACCESS_DENIED"
        assert done["silent"] == []
    unknown = site.command("policy", "revoke", "heming_bank", "Query.quick", "lone")
    assert (unknown.returncode, "no grant lone" in unknown.stderr) == (2, True)


def _with_misspelt_region() -> str:
    grant = {**GRANT, "regoin": True}
    return json.dumps({**DATA, "grants": {"heming_bank": {"Query.quick": {"loan": grant}}}})


def test_several_workers_all_take_up_what_changed(site: Site) -> None:
    port = str(site.admin_port)
    with site.serve("one", "--workers", "2", DATONG_SERVER_ADMIN_PORT=port) as one:
        assert {site.ask(one) for _ in range(8)} == {"done"}
        site.write({**DATA, "grants": {}})
        done = site.command("reload", "--admin", f"http://127.0.0.1:{site.admin_port}")
        assert done.returncode == 0, done.stderr
        assert {site.ask(one) for _ in range(12)} == {"ACCESS_DENIED"}


def test_a_worker_that_takes_the_place_of_another_knows_the_schema_of_now(site: Site) -> None:
    with site.serve("one", "--workers", "2", DATONG_SERVER_WATCH_SECONDS="0") as one:
        _until(lambda: len(site.workers()) == 2)
        # The subgraph answers at once what has "quick" in its name.
        changed = SDL.replace("slow: String", "quicker: String @classified(level: 1) @sharing("
                                   "class: UNCONDITIONAL)\n  slow: String")  # fmt: skip
        subgraph_list(site.folder, [("a", json.loads(site.list.read_text())[0]["url"], changed)])
        for worker in site.workers():
            os.kill(worker, signal.SIGKILL)

        answers = [one.post("{ quicker }", _headers(site)).json for _ in range(8)]

    assert [each for each in answers if "quicker" not in each.get("data", {})] == []


def test_a_worker_that_takes_the_place_of_another_decides_as_the_others_do(site: Site) -> None:
    with site.serve("one", "--workers", "2") as one:
        _until(lambda: len(site.workers()) == 2)
        site.write({**DATA, "grants": {}})
        _until(lambda: {site.ask(one) for _ in range(6)} == {"ACCESS_DENIED"})
        # Neither the grants of the first start nor what cannot be used is taken up.
        (site.data / "all.json").write_text("{ this is no JSON")
        first = site.workers()
        for worker in first:
            os.kill(worker, signal.SIGKILL)
        _until(lambda: len(set(site.workers()) - set(first)) == 2, 60)
        answers = {site.ask(one) for _ in range(6)}
        ready = one.request("GET", "/ready").json

        site.write(DATA)
        _until(lambda: {site.ask(one) for _ in range(6)} == {"done"})
        said = one.stop()

    assert answers == {"ACCESS_DENIED"}
    assert (ready["status"], ready["reload_refused"]) == ("ready", "the log says why")
    # A worker killed as soon as it answers may not have been seen to serve; a successor has time.
    failed = {int(each) for each in re.findall(r"worker (\d+) ended before it served", said)}
    assert failed <= set(first)


def test_a_worker_that_cannot_start_ends_no_other_and_is_tried_again(site: Site) -> None:
    key = site.folder / "signing.pem"
    more = {"DATONG_SIGNING_KEY_FILE": str(key), "DATONG_SERVER_WATCH_SECONDS": "0"}
    with site.serve("one", "--workers", "2", **more) as one:
        _until(lambda: len(site.workers()) == 2)
        first = site.workers()
        good = key.read_bytes()
        key.write_text("no key")

        os.kill(first[0], signal.SIGKILL)
        _read_until(one, "signing.pem")
        _read_until(one, '"worker": "failed"')
        assert one.process.poll() is None
        assert {site.ask(one) for _ in range(6)} == {"done"}

        key.write_bytes(good)
        one.process.send_signal(signal.SIGHUP)
        _read_until(one, '"worker": "started"')
        _until(lambda: len(set(site.workers()) - set(first)) == 1)
        assert {site.ask(one) for _ in range(6)} == {"done"}
        said = one.stop()

    lines = [json.loads(line) for line in said.splitlines() if line.startswith('{"time"')]
    outcomes = [line["worker"] for line in lines if "worker" in line]
    assert ("failed" in outcomes, outcomes[-1]) == (True, "started")
    assert " of 2 workers serve" in said


def test_workers_of_which_none_can_start_end_the_gateway(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATONG_AUDIT_DATABASE", f"sqlite+aiosqlite:///{site.folder / 'a.sqlite'}")
    (site.data / "all.json").write_text("{ this is no JSON")
    done = site.command("serve", "--port", "0", "--workers", "2", "--subgraphs", str(site.list))
    assert (done.returncode, "all.json" in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr


def _headers(site: Site) -> dict[str, str]:
    return {"authorization": f"Bearer {site.issuer.token()}"}


def _read_until(served: Served, text: str, seconds: float = 30) -> None:
    """Waits until a gateway has written a text to its log."""
    assert served.process.stderr is not None
    file = served.process.stderr.fileno()
    until = time.monotonic() + seconds
    while text not in served.said:
        assert time.monotonic() < until, served.said
        if select.select([file], [], [], 0.1)[0]:
            served.said += os.read(file, 65536).decode()


def _until(holds: Any, seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
