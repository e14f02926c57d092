"""Reads the case tables of the policies, and starts a real OPA on a release."""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from federation.access import AccessRequest, Asker, Caller, ConsentFact, OperationFacts, Uses
from federation.access.row_filter import RowCondition
from federation.gateway.engines import (
    POLICY_FOLDER,
    PolicyRelease,
    PolicySource,
    build_bundles,
    load_policies,
    make_release,
)

# After the engines, which set what regorus reads when it is imported.
import regorus  # isort: skip

CASES = POLICY_FOLDER / "cases"
NOW = 1_800_000_000
USES = ("select", "filter", "sort", "join")
OPA = shutil.which("opa") or shutil.which("opa", path=str(Path.home() / "go" / "bin"))


def read_yaml(path: Path) -> Any:
    """The document, read by the policy engine's own function: no other YAML reader is needed."""
    engine = regorus.Engine()
    engine.add_policy("read.rego", "package read\n\ndocument := yaml.unmarshal(input)")
    engine.set_input_json(json.dumps(path.read_text(encoding="utf-8")))
    return json.loads(engine.eval_rule_as_json("data.read.document"))


@dataclass(frozen=True)
class PolicyCase:
    """One row of a table: a question, and what every engine must answer."""

    id: str
    request: AccessRequest
    want: dict[str, dict[str, str]]
    row_filters: dict[str, Any]
    valid_until: int | None
    rules: dict[str, str]


def policy_cases() -> list[PolicyCase]:
    """All rows of all tables."""
    known = read_yaml(CASES / "callers.yaml")
    found = []
    for file in sorted(CASES.glob("*.yaml")):
        rows = read_yaml(file)
        if isinstance(rows, list):
            found += [_read_case(f"{file.stem}: {row['note']}", row, known) for row in rows]
    return found


def _read_case(name: str, row: dict[str, Any], known: dict[str, Any]) -> PolicyCase:
    caller = dict(known["callers"][row["caller"]])
    caller["roles"] = frozenset(caller.get("roles", ()))
    caller["scopes"] = frozenset(caller.get("scopes", ()))
    consents = tuple(
        ConsentFact(**{**consent, "fields": frozenset(consent["fields"])})
        for named in row.get("consents", ())
        for consent in [named if isinstance(named, dict) else known["consents"][named]]
    )
    feeds = row.get("feeds", {})
    asker = Asker(Caller(**caller), row.get("purpose"), consents, NOW)
    fields = {
        coordinate: Uses(
            select="select" in uses,
            filter="filter" in uses,
            sort="sort" in uses,
            join=tuple(feeds[coordinate]) if "join" in uses else (),
        )
        for coordinate, uses in row["want"].items()
    }
    operation = OperationFacts("query", row.get("operation"))
    request = AccessRequest(asker, operation, fields)
    return PolicyCase(
        name,
        request,
        row["want"],
        row_filters=row.get("row_filters", {}),
        valid_until=row.get("valid_until"),
        rules=row.get("rules", {}),
    )


def catalogue_document() -> dict[str, Any]:
    """``data.catalogue`` as the tables need it."""
    table = read_yaml(CASES / "catalogue.yaml")
    fields = {}
    for coordinate, text in {**table["demo"], **table["made_up"]}.items():
        level, *rest = text.split()
        fact: dict[str, Any] = {"type": coordinate.partition(".")[0]}
        if level != "ungraded":
            fact |= {"level": int(level), "sharing": rest.pop(0)}
        fields[coordinate] = fact | {"owners": dict.fromkeys(rest, True)}
        if coordinate in table["demands"]:
            fields[coordinate]["demands"] = table["demands"][coordinate]
        if coordinate in table["agreed"]:
            fields[coordinate]["agreed"] = dict.fromkeys(table["agreed"][coordinate], True)
        if coordinate in table["counts"]:
            fields[coordinate]["counts"] = dict.fromkeys(table["counts"][coordinate], True)
    owners: dict[str, dict[str, bool]] = {}
    for fact in fields.values():
        owners.setdefault(fact["type"], {}).update(fact["owners"])
    types = {
        name: {"owners": held, **table["types"].get(name, {})} for name, held in owners.items()
    }
    return {"fields": fields, "types": types}


def table_release(extra_modules: dict[str, str] | None = None) -> PolicyRelease:
    """The delivered policies and grants, with what the tables add."""
    source = load_policies()
    added = read_yaml(CASES / "data.yaml")
    data = {root: {**source.data[root], **added.get(root, {})} for root in source.data}
    modules = {**source.modules, **(extra_modules or {})}
    return make_release(PolicySource(modules, data), catalogue_document())


def as_text(coordinate: str, use: str, decision: Any) -> str:
    """A verdict as the tables write it: effect, then reasons."""
    verdict = decision.verdict(coordinate, use)
    effect = f"mask:{verdict.mask}" if verdict.mask else verdict.effect.value
    return " ".join([effect, *verdict.reasons])


def filters_as_json(filters: dict[str, RowCondition | None]) -> dict[str, Any]:
    """Row filters as the tables write them."""
    return {name: condition.to_json() if condition else None for name, condition in filters.items()}


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def opa_server(release: PolicyRelease, folder: Path) -> Iterator[str]:
    """Base URL of an OPA server that has loaded the bundles of a release."""
    assert OPA is not None, "callers skip without OPA"
    files = []
    for name, bundle in build_bundles(release).items():
        files.append(folder / f"{name}.tar.gz")
        files[-1].write_bytes(bundle.archive)
    address = f"127.0.0.1:{free_port()}"
    command = [OPA, "run", "--server", "--addr", address, "--log-level", "error", "--bundle"]
    with subprocess.Popen([*command, *map(str, files)], stderr=subprocess.PIPE) as server:
        try:
            _wait_for(f"http://{address}/health?bundles", server)
            yield f"http://{address}"
        finally:
            server.terminate()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if server.poll() is not None:
            raise RuntimeError(server.stderr.read().decode() if server.stderr else "OPA ended")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError("OPA does not become ready")
