"""A day's questions of a gateway, asked again of changed policies: whom does it concern?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from federation.access.read_request import read_request
from federation.gateway.engines import POLICY_FOLDER
from tests.http.test_pipeline import City
from tests.http.test_revocation import Site
from tests.policies.tables import OPA
from tests.support.issuer import Issuer
from tests.support.slow_subgraph import slow_subgraph

pytestmark = pytest.mark.timeout(120)

DATA = {
    "grants": {},
    "purposes": {},
    "organisations": {"heming_bank": {}, "tax": {}, "a": {"subgraphs": {"a": True}}},
}
CLOSED_TO_THE_BANK = """package datong.departments.a

deny["Query.quick"] contains "not_for_banks" if input.caller.department == "heming_bank"
"""


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with slow_subgraph() as subgraph:
        yield City(tmp_path, Issuer(int(time.time())), subgraph)


def policies(folder: Path) -> Path:
    shutil.copytree(POLICY_FOLDER, folder)
    shutil.rmtree(folder / "data")
    (folder / "data").mkdir()
    (folder / "data" / "all.json").write_text(json.dumps(DATA))
    return folder


def diff(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "federation.cli", "policy", "diff", "old", "new"]
    options = ["--subgraphs", "subgraphs.json", "--format", "json", *arguments]
    done = subprocess.run([*command, *options], cwd=folder, capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize(
    "settings",
    [{}, {"DATONG_ACCESS_MAX_FIELDS_HERE": "1"}, {"DATONG_SERVER_WORKERS": "2"}],
    ids=["in the process", "worker process", "two processes"],
)
def test_what_was_asked_over_http_tells_whom_a_changed_policy_concerns(
    city: City, settings: dict[str, str]
) -> None:
    old, new = (policies(city.folder / name) for name in ("old", "new"))
    (new / "datong" / "departments" / "a.rego").write_text(CLOSED_TO_THE_BANK)
    questions = city.folder / "questions.jsonl"
    in_use = {
        "DATONG_ACCESS_POLICIES": str(old),
        "DATONG_ACCESS_DATA": str(old / "data"),
        "DATONG_ACCESS_QUESTIONS_FILE": str(questions),
    }
    clerk = city.headers(sub="zhang.wei", kind="person", department="tax")

    with city.serve(**in_use, **settings) as served:
        for _ in range(4):
            for headers in (city.headers(), clerk):
                reply = served.post("query Both { quick slow }", headers)
                assert reply.json["data"] == {"quick": "done", "slow": None}
        served.post("query Another { quick }", clerk)
        assert "no questions are recorded" not in served.stop()

    assert questions.stat().st_mode & 0o777 == 0o600
    status, found = diff(city.folder, "--questions", str(questions))
    processes = int(settings.get("DATONG_SERVER_WORKERS", 1))
    assert status == 0
    assert 3 <= found["questions"] <= 2 * processes + 1
    (change,) = found["changes"]
    assert (change["caller"], change["operation"]) == ("bank-app", "Both")
    assert (change["direction"], change["place"], change["after"]) == (
        "narrows",
        "Query.quick",
        "deny",
    )
    assert "zhang.wei" not in questions.read_text()


@pytest.mark.skipif(OPA is None, reason="no opa on PATH")
def test_questions_to_an_opa_server_are_recorded_alike(city: City) -> None:
    site = Site(city.folder, city.subgraph.url)
    questions = city.folder / "questions.jsonl"
    settings = {
        "DATONG_SERVER_ADMIN_PORT": str(site.admin_port),
        "DATONG_ACCESS_QUESTIONS_FILE": str(questions),
    }
    opa = ("--access", "opa", "--opa-url", f"http://127.0.0.1:{site.opa_port}")
    with site.opa(), site.serve("one", *opa, **settings) as served:
        assert [site.ask(served), site.ask(served)] == ["done", "done"]

    (line,) = questions.read_text().splitlines()
    request = read_request(json.loads(line))
    assert (request.asker.caller.id, set(request.fields)) == ("bank-app", {"Query.quick"})
