"""Datong in the forms that are measured, and the prototype that it is held against."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.gateways.machine import ROOT
from benchmarks.gateways.peers import Gateway, Place
from benchmarks.gateways.processes import Command
from federation.gateway.signing import key_id, print_jwks

DATONG = "Datong"
PROTOTYPE = "prototype"
_PROTOTYPE_FILE = ROOT.parent / "shared" / "bench" / "gw.py"
_POLICIES = ROOT / "policies" / "rego"
_ISSUER = "https://issuer.bench.example"
_LIFE_SECONDS = 24 * 3600


def datong(
    name: str = DATONG,
    environment: Mapping[str, str] | None = None,
    access: str = "open",
    workers: int = 1,
) -> Gateway:
    """The gateway of this checkout."""

    def command(place: Place) -> Command:
        arguments = (
            sys.executable, "-m", "federation.cli", "serve",
            "--supergraph", str(place.supergraph), "--port", str(place.port),
            "--access", access, "--workers", str(workers),
        )  # fmt: skip
        return Command(arguments, ROOT, environment or {}, place.processors)

    return Gateway(name, command)


def prototype() -> Gateway:
    """One query's plan, written by hand without errors, limits, policy or telemetry.

    It stands in `shared/bench` beside the checkout, and asks the subgraphs at their usual port.
    """

    def command(place: Place) -> Command:
        arguments = (
            sys.executable, "-B", str(_PROTOTYPE_FILE), "uvicorn", "raw", "V3", str(place.port),
        )  # fmt: skip
        return Command(arguments, ROOT, {}, place.processors)

    def missing(_: Place) -> str:
        return "" if _PROTOTYPE_FILE.exists() else "no shared/bench beside the checkout"

    return Gateway(PROTOTYPE, command, missing)


@dataclass(frozen=True, slots=True)
class Governed:
    """Datong with policies and audit trail in several degrees, over the scenario `governed`.

    Attributes:
        gateways: Without any, with an audit trail, and then with policies as well.
        headers: With the token of a caller whom the policies know.
    """

    gateways: tuple[Gateway, ...]
    headers: Mapping[str, str]

    @property
    def audited(self) -> Gateway:
        """The one with an audit trail and nothing else."""
        return self.gateways[1]


def governed(folder: Path) -> Governed:
    """Prepare keys, policies and databases.

    Args:
        folder: Holds them; on a disk, since the trail waits for it.
    """
    key = Ed25519PrivateKey.generate()
    (folder / "keys.json").write_text(json.dumps(print_jwks(key.public_key())))
    now = int(time.time())
    claims = {
        "iss": _ISSUER, "aud": "datong", "iat": now, "exp": now + _LIFE_SECONDS,
        "sub": "city-app", "kind": "application", "department": "reviews", "clearance": 2,
    }  # fmt: skip
    headers = {"kid": key_id(key.public_key())}
    token = jwt.encode(claims, key, algorithm="EdDSA", headers=headers)
    return Governed(tuple(_degrees(folder)), {"authorization": f"Bearer {token}"})


def _degrees(folder: Path) -> Iterator[Gateway]:
    yield datong()
    for number, (name, access, narrowed) in enumerate(_DEGREES):
        policies = folder / f"policies{number}"
        shutil.copytree(_POLICIES, policies)
        if narrowed:
            (policies / "datong" / "departments" / "accounts.rego").write_text(narrowed)
        environment = {
            "DATONG_AUDIT_DATABASE": f"sqlite:///{folder / f'audit{number}.sqlite'}",
        }
        if access != "open":
            environment |= {
                "DATONG_ACCESS_DATA": str(policies / "data"),
                "DATONG_ACCESS_POLICIES": str(policies),
                "DATONG_IDENTITY_JWKS": str(folder / "keys.json"),
                "DATONG_IDENTITY_ISSUER": _ISSUER,
            }
        yield datong(f"{DATONG}, {name}", environment, access)


# A rule that each user's name is masked, and that users are seen where a field is not what no user
# has. Each subgraph with users holds `id` and is told so; only one holds `birthday`, so that the
# gateway must ask it and drop rows itself.
_NARROWED = """
package datong.departments.accounts
mask["User.name"] := "initial"
filters["User"] contains {{"field": "{field}", "op": "ne", "value": {value}}}
"""
_DEGREES = (
    ("audit trail", "open", ""),
    ("decisions and audit trail", "embedded", ""),
    (
        "decisions, masks, row filters and audit trail",
        "embedded",
        _NARROWED.format(field="id", value='"0"'),
    ),
    (
        "the same with rows dropped by the gateway",
        "embedded",
        _NARROWED.format(field="birthday", value=0),
    ),
)
