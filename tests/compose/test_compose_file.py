"""docker-compose.yml: accepted by docker compose, complete, and without a secret in it."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jwt
import pytest

from federation.gateway.config import load_config
from federation.gateway.engines import bundle_signer
from federation.gateway.engines.second_level import read_secret
from subgraphs.__main__ import FIRST_PORT, NAMES

ROOT = Path(__file__).parents[2]
FILE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def make_secrets(folder: Path) -> set[str]:
    """Names of what the script makes in an empty folder, and makes only once."""
    command = [sys.executable, str(ROOT / "docker" / "make_secrets.py"), str(folder)]
    subprocess.run(command, check=True, cwd=ROOT)
    made = {file.name: file.read_bytes() for file in folder.iterdir()}
    subprocess.run(command, check=True, cwd=ROOT)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == made
    return set(made)


def test_every_secret_is_a_file_that_the_script_makes(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"

    made = make_secrets(folder)

    mounted = dict(re.findall(r"^  (\w+):\n    file: (\S+)$", FILE, re.MULTILINE))
    assert mounted == {name: f"./docker/secrets/{name}" for name in mounted}
    assert mounted.keys() <= made
    # The private keys of issuers stay outside: containers only need what verifies.
    assert made - mounted.keys() == {"issuer_key", "consent_key"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_value_of_a_secret_stands_in_the_file() -> None:
    name = r"\w*(?:password|token|secret|key)\w*"
    values = re.findall(rf"(?im)^\s*{name}[ \t]*[:=][ \t]*([^\s\[].*)$", FILE)

    assert values == ["/run/secrets/postgres_password"]
    assert "${" not in FILE


def test_the_gateway_knows_every_department_at_its_port() -> None:
    known = json.loads((ROOT / "docker" / "subgraphs.json").read_text(encoding="utf-8"))

    assert known == [
        {"name": name, "url": f"http://{name.replace('_', '-')}:{port}/graphql"}
        for port, name in enumerate(NAMES, FIRST_PORT)
    ]
    for port, name in enumerate(NAMES, FIRST_PORT):
        assert f'subgraphs, {name}, --host, 0.0.0.0, --port, "{port}"' in FILE


def test_the_settings_of_the_gateway_in_its_container_are_valid() -> None:
    config = load_config(
        ROOT / "docker" / "gateway.toml", {"DATONG_SERVER_ADMIN_TOKEN": "x" * 64}, {}
    )

    assert config.access.engine == "opa"
    assert config.audit.database.startswith("postgresql")


def test_a_revocation_reaches_both_gateways_through_a_database_that_is_made() -> None:
    config = load_config(
        ROOT / "docker" / "gateway.toml", {"DATONG_SERVER_ADMIN_TOKEN": "x" * 64}, {}
    )
    made = (ROOT / "docker" / "postgres" / "databases.sql").read_text(encoding="utf-8")

    databases = {url.rsplit("/", 1)[1] for url in (config.access.store, config.audit.database)}
    assert len(databases) == 2
    assert databases <= set(re.findall(r"CREATE DATABASE (\w+);", made))


def test_opa_takes_bundles_that_the_gateway_signed_and_no_others(tmp_path: Path) -> None:
    make_secrets(folder := tmp_path / "secrets")
    opa = (ROOT / "docker" / "opa" / "opa.yaml").read_text(encoding="utf-8")
    token = bundle_signer(str(folder / "bundle_key"))({"files": []})

    assert jwt.decode(token, (folder / "bundle_public_key").read_text(), ["ES256"]) == {"files": []}
    assert opa.count("resource: ") == opa.count("    signing:\n      keyid: datong\n") == 3
    for option in ("--set=keys.datong.algorithm=ES256", "--set-file=keys.datong.key=/run/secrets/"):
        assert f"      - {option}" in FILE


def test_both_gateways_share_decisions_through_redis(tmp_path: Path) -> None:
    make_secrets(folder := tmp_path / "secrets")
    entrypoint = (ROOT / "docker" / "entrypoint").read_text(encoding="utf-8")
    script = entrypoint.replace("/run/secrets", str(folder))
    shown = "import os, json; print(json.dumps(dict(os.environ)))"
    command = ["sh", "-c", script, "entrypoint", sys.executable, "-c", shown]
    printed = subprocess.run(command, check=True, capture_output=True)

    environment = json.loads(printed.stdout)
    config = load_config(ROOT / "docker" / "gateway.toml", environment, {})

    password = (folder / "redis_password").read_text(encoding="utf-8")
    assert config.access.cache_url == f"redis://:{password}@redis:6379/0"
    assert config.access.cache_key_file == "/run/secrets/cache_key"
    assert len(read_secret(str(folder / "cache_key"))) >= 32
    _, gateway, _ = re.split(r"\n  gateway:\n|\n  opa:\n", FILE)
    assert {"cache_key", "redis_password"} <= set(
        re.findall(r"^      - (\w+)$", gateway, re.MULTILINE)
    )


def composer() -> list[str]:
    """The command that reads compose files."""
    if found := shutil.which("docker-compose"):
        return [found]
    plugin = ["docker", "compose"]
    if (
        shutil.which("docker")
        and not subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode
    ):
        return plugin
    pytest.skip("docker compose is not installed")


@pytest.mark.docker
def test_docker_compose_accepts_the_file() -> None:
    command = [*composer(), "-f", str(ROOT / "docker-compose.yml"), "config", "--format", "json"]

    printed = subprocess.run(command, check=True, capture_output=True, env={**os.environ})

    services: dict[str, Any] = json.loads(printed.stdout)["services"]
    assert services["gateway"]["deploy"]["replicas"] == 2
    assert {name.replace("_", "-") for name in NAMES} <= services.keys()
    assert [name for name, each in services.items() if "healthcheck" not in each] == ["world"]
    assert [name for name, each in services.items() if "ports" in each] == ["nginx"]
    assert all(each["read_only"] and each["cap_drop"] == ["ALL"] for each in services.values())
