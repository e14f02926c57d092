"""Case tables: who asks for what, and what every engine must answer.

A table is a YAML file in the folder ``cases`` whose document is a list of rows. ``callers.yaml``
names callers and consents, ``catalogue.yaml`` the fields that the rows speak of, ``data.yaml``
grants and purposes beside those of the policy folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from federation.access import (
    AccessRequest,
    Asker,
    Caller,
    ConsentFact,
    Decision,
    OperationFacts,
    Uses,
)
from federation.gateway.engines.authoring.trial import describe_failure
from federation.gateway.engines.owned import OwnedEngine
from federation.gateway.engines.release import (
    PolicyFault,
    PolicyRelease,
    PolicySource,
    make_release,
)

CASES_FOLDER = "cases"
NOW = 1_800_000_000
"""The time at which all rows are asked: seconds since the epoch."""


# Of a row. What is misspelt would otherwise hold whatever is answered.
_MEMBERS = frozenset(
    {
        "note",
        "caller",
        "purpose",
        "consents",
        "operation",
        "feeds",
        "want",
        "row_filters",
        "rules",
        "valid_until",
    }
)


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """One row of a table.

    Attributes:
        id: Table and note.
        place: File and line.
        want: Coordinate, then use, to effect and reasons as text.
        rules: Coordinate to the rule that must decide its selection; may be empty.
    """

    id: str
    place: str
    request: AccessRequest
    want: Mapping[str, Mapping[str, str]]
    row_filters: Mapping[str, Any]
    valid_until: int | None
    rules: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CaseTables:
    """All rows, and the release that they are asked on."""

    cases: tuple[PolicyCase, ...]
    release: PolicyRelease


def read_yaml(path: Path) -> Any:
    """The document, read by the policy engine's own function: no other YAML reader is needed.

    Raises:
        PolicyFault: It cannot be read.
    """
    engine = OwnedEngine()
    engine.here.add_policy("read.rego", "package read\n\ndocument := yaml.unmarshal(input)")
    try:
        engine.here.set_input_json(json.dumps(path.read_text(encoding="utf-8")))
        return json.loads(engine.here.eval_rule_as_json("data.read.document"))
    except (OSError, RuntimeError, ValueError) as error:
        # The engine names the place of its own rule, not that in the file.
        fault = re.sub(r"^read\.rego:\d+:\d+: ", "", describe_failure(error))
        raise PolicyFault((f"{path.name}: {fault}",)) from None


def read_tables(folder: Path, source: PolicySource) -> CaseTables:
    """The tables of a policy folder; without any the release has an empty catalogue.

    Raises:
        PolicyFault: A table cannot be read, or a row names an unknown caller or consent.
    """
    cases = folder / CASES_FOLDER
    if not cases.is_dir():
        return CaseTables((), make_release(source, {"fields": {}, "types": {}}))
    added = read_yaml(cases / "data.yaml") if (cases / "data.yaml").exists() else {}
    data = {root: {**source.data[root], **added.get(root, {})} for root in source.data}
    release = make_release(
        PolicySource(source.modules, data), catalogue_document(read_yaml(cases / "catalogue.yaml"))
    )
    known = read_yaml(cases / "callers.yaml")
    rows = tuple(
        case
        for file in sorted(cases.glob("*.yaml"))
        if isinstance(table := read_yaml(file), list)
        for case in _read_rows(file, table, known)
    )
    return CaseTables(rows, release)


def verdict_text(decision: Decision, coordinate: str, use: str) -> str:
    """A verdict as the tables write it: effect, then reasons."""
    verdict = decision.verdict(coordinate, use)
    effect = f"mask:{verdict.mask}" if verdict.mask else verdict.effect.value
    return " ".join([effect, *verdict.reasons])


def filters_document(decision: Decision) -> dict[str, Any]:
    """Row filters as the tables write them; None where no row may be seen."""
    return {
        name: condition.to_json() if condition else None
        for name, condition in decision.row_filters.items()
    }


def catalogue_document(table: Mapping[str, Any]) -> dict[str, Any]:
    """``data.catalogue`` of a table: fields as ``level sharing owner...``, then what some add."""
    fields = {}
    for coordinate, text in {**table.get("demo", {}), **table.get("made_up", {})}.items():
        level, *rest = text.split()
        fact: dict[str, Any] = {"type": coordinate.partition(".")[0]}
        if level != "ungraded":
            fact |= {"level": int(level), "sharing": rest.pop(0)}
        fact["owners"] = dict.fromkeys(rest, True)
        if demands := table.get("demands", {}).get(coordinate):
            fact["demands"] = demands
        for name in ("agreed", "counts"):
            if named := table.get(name, {}).get(coordinate):
                fact[name] = dict.fromkeys(named, True)
        if record := table.get("record", {}).get(coordinate):
            fact["record"] = record
        fields[coordinate] = fact
    owners: dict[str, dict[str, bool]] = {}
    for fact in fields.values():
        owners.setdefault(fact["type"], {}).update(fact["owners"])
    types = table.get("types", {})
    return {
        "fields": fields,
        "types": {name: {"owners": held, **types.get(name, {})} for name, held in owners.items()},
    }


def _read_rows(file: Path, table: list[Any], known: Mapping[str, Any]) -> Iterator[PolicyCase]:
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, row in enumerate(table, start=1):
        try:
            note = str(row["note"])
            at = next((i for i, line in enumerate(lines, 1) if note in line), 1)
            yield _read_row(f"{file.stem}: {note}", f"{CASES_FOLDER}/{file.name}:{at}", row, known)
        except (KeyError, TypeError, AttributeError) as error:
            why = f"it lacks or names an unknown {error}" if isinstance(error, KeyError) else error
            fault = f"{file.name}: row {number} cannot be read: {why}"
            raise PolicyFault((fault,)) from None


def _read_row(
    name: str, place: str, row: Mapping[str, Any], known: Mapping[str, Any]
) -> PolicyCase:
    if unknown := sorted(row.keys() - _MEMBERS):
        raise TypeError(f"there is no {', '.join(unknown)}")
    if not row["want"]:
        raise TypeError("it wants nothing")
    caller = dict(known["callers"][row["caller"]])
    caller["roles"] = frozenset(caller.get("roles", ()))
    caller["scopes"] = frozenset(caller.get("scopes", ()))
    consents = tuple(
        ConsentFact(**{**consent, "fields": frozenset(consent["fields"])})
        for named in row.get("consents", ())
        for consent in [named if isinstance(named, dict) else known["consents"][named]]
    )
    feeds = row.get("feeds", {})
    fields = {
        coordinate: Uses(
            select="select" in uses,
            filter="filter" in uses,
            sort="sort" in uses,
            join=tuple(feeds[coordinate]) if "join" in uses else (),
        )
        for coordinate, uses in row["want"].items()
    }
    asker = Asker(Caller(**caller), row.get("purpose"), consents, NOW)
    return PolicyCase(
        id=name,
        place=place,
        request=AccessRequest(asker, OperationFacts("query", row.get("operation")), fields),
        want=row["want"],
        row_filters=row.get("row_filters", {}),
        valid_until=row.get("valid_until"),
        rules=row.get("rules", {}),
    )
