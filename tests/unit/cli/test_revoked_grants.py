"""Commands that answer for a gateway know what the shared store says is revoked, as it does."""

import asyncio
import json
from pathlib import Path

import pytest
from graphql import build_schema

from federation.catalogue import build_catalogue
from federation.gateway.deciding import open_engine, read_in_force
from federation.gateway.engines import POLICY_FOLDER, PolicySource, load_policies
from federation.gateway.policy_store import (
    RevokedGrant,
    Shared,
    open_policy_store,
    read_shared,
)
from federation.gateway.settings import Access
from federation.supergraph import read_supergraph
from tests.support.demo_schema import demo_supergraph
from tests.unit.cli.test_commands import Done, datong
from tests.unit.cli.test_schema_print import fields

OPERATION = '{ citizen(idNumber: "990102199001011239") { name } }'
WHY = ("access", "why", "Citizen.name")
EXPLAIN = ("policy", "explain", "Citizen.name")
DECISION = ("explain", "operation.graphql", "--stage", "decision")
PRINT = ("schema", "print")
ALL = (WHY, EXPLAIN, DECISION, PRINT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Has settings that name a store on SQLite, which was never used, and an operation."""
    (tmp_path / "all.graphql").write_text(demo_supergraph())
    (tmp_path / "operation.graphql").write_text(OPERATION)
    (tmp_path / "datong.toml").write_text(
        '[schema]\nsupergraph_file = "all.graphql"\n[access]\nstore = "sqlite:///policy.sqlite"\n'
    )
    return tmp_path


def as_county(folder: Path, command: tuple[str, ...], **environment: str) -> Done:
    return datong(
        folder,
        *(*command, "--caller", "county-officer", "--purpose", "data-return"),
        *("--config", "datong.toml"),
        **environment,
    )


def may_read(done: Done, command: tuple[str, ...]) -> bool:
    """What the command says of the field."""
    if command == WHY:
        assert done.returncode == (0 if "may be read" in done.stdout else 1)
        return "Citizen.name may be read" in done.stdout
    assert done.returncode == 0, done.stderr
    if command == PRINT:
        return "name" in fields(build_schema(done.stdout), "Citizen")
    shown = "Citizen.name select: allow" if command == EXPLAIN else "allow  select Citizen.name"
    return shown in done.stdout


def revoke(folder: Path, coordinate: str) -> None:
    arguments = ("county_990102", coordinate, "return", "--config", "datong.toml")
    done = datong(folder, "policy", "revoke", *arguments)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_a_revoked_grant_opens_nothing_though_it_stands_in_its_file(
    folder: Path, command: tuple[str, ...]
) -> None:
    revoke(folder, "Citizen.birthDate")
    before = as_county(folder, command)
    revoke(folder, "Citizen.name")
    after = as_county(folder, command)

    assert may_read(before, command)
    assert not may_read(after, command)
    told = "the grant return to county_990102 for Citizen.name is revoked"
    assert (told in after.stderr) == (command in {WHY, EXPLAIN})
    assert told not in before.stderr


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_where_revocations_cannot_be_known_nothing_is_answered(
    folder: Path, command: tuple[str, ...]
) -> None:
    missing = as_county(folder, command)
    (folder / "policy.sqlite").touch()
    unused = as_county(folder, command)
    away = as_county(folder, command, DATONG_ACCESS_STORE="postgresql://127.0.0.1:9/policy")

    for done in (missing, unused, away):
        assert (done.returncode, done.stdout) == (1, "")
    assert "policy.sqlite cannot be used: No such file" in missing.stderr
    assert "the policy store was never used: its tables are missing" in unused.stderr
    assert "the policy store cannot be used" in away.stderr


@pytest.mark.parametrize("command", [WHY, DECISION, PRINT], ids=" ".join)
def test_policies_and_revocations_are_read_once(
    folder: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    revoke(folder, "Citizen.birthDate")
    read = []

    def read_policies(*folders: Path) -> PolicySource:
        read.append("policies")
        return load_policies(*folders)

    async def read_store(database: str) -> Shared:
        read.append("store")
        return await read_shared(database)

    monkeypatch.setattr("federation.gateway.engines.load_policies", read_policies)
    monkeypatch.setattr("federation.gateway.policy_store.read_shared", read_store)
    done = as_county(folder, command)

    assert may_read(done, command)
    assert read == ["policies", "store"]


def test_bundles_are_those_that_gateways_publish_after_a_revocation(folder: Path) -> None:
    bundle = ("policy", "bundle", "--out", "made", "--config", "datong.toml")
    missing = datong(folder, *bundle)
    revoke(folder, "Citizen.name")
    made = datong(folder, *bundle, "--format", "json")

    async def published() -> str:
        catalogue = build_catalogue(read_supergraph((folder / "all.graphql").read_text()))
        access = Access(store=f"sqlite:///{folder / 'policy.sqlite'}")
        async with open_engine(access, catalogue, await read_in_force(access)) as deciding:
            return deciding.revision

    assert (missing.returncode, missing.stdout) == (1, "")
    revisions = [each["revision"] for each in json.loads(made.stdout)["bundles"]]
    assert "+".join(revisions) == asyncio.run(published())
    assert revisions[2].startswith("grants-1-")


def test_a_purpose_of_revoked_grants_alone_is_one_that_a_gateway_refuses(folder: Path) -> None:
    grants = json.loads((POLICY_FOLDER / "data/grants.json").read_text())["grants"]
    county = grants["county_990102"]
    revoked = [
        RevokedGrant("county_990102", each, name) for each in county for name in county[each]
    ]
    officer = {"department": "county_990102", "roles": ["county_officer"], "clearance": 3}
    caller = json.dumps(officer)
    asked = ("--caller", caller, "--purpose", "data-return", "--config", "datong.toml")

    async def revoke_all() -> None:
        async with open_policy_store(f"sqlite:///{folder / 'policy.sqlite'}") as store:
            for grant in revoked[1:]:
                await store.revoke_grant(grant)

    asyncio.run(revoke_all())
    before = datong(folder, *DECISION, *asked)
    revoke(folder, revoked[0].coordinate)
    after = datong(folder, *DECISION, *asked)

    told = "a gateway refuses the purpose data-return"
    assert (told in before.stderr, told in after.stderr) == (False, True)
