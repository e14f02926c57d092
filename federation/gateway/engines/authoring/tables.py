"""Case tables: who asks for what, and what every engine must answer.

A table is a YAML file in the folder ``cases`` whose document is a list of rows. ``callers.yaml``
names callers and consents, ``catalogue.yaml`` the fields that the rows speak of, ``data.yaml``
grants and purposes beside those of the policy folder.
"""

from __future__ import annotations

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
from federation.gateway.engines.authoring.case_files import CaseFile, read_case_file
from federation.gateway.engines.release import (
    PolicyFault,
    PolicyRelease,
    PolicySource,
    data_shape,
    make_release,
    read_shape,
)
from federation.gateway.engines.shapes import Place

CASES_FOLDER = "cases"
NOW = 1_800_000_000
"""The time at which all rows are asked: seconds since the epoch."""


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


def read_tables(folder: Path, source: PolicySource) -> CaseTables:
    """The tables of a policy folder; without any the release has an empty catalogue.

    Raises:
        PolicyFault: A file cannot be read or is misshapen, or a row names an unknown caller or
            consent; every fault with its line.
    """
    if not (folder / CASES_FOLDER).is_dir():
        return CaseTables((), make_release(source, {"fields": {}, "types": {}}))
    files = _read_files(folder / CASES_FOLDER)
    added = files.pop("data").document if "data" in files else {}
    data = {root: {**source.data[root], **added.get(root, {})} for root in source.data}
    catalogue = catalogue_document(files.pop("catalogue").document)
    known = files.pop("callers").document
    rows = [
        (file, index, row) for file in files.values() for index, row in enumerate(file.document)
    ]
    faults = [
        file.fault((str(index), *place), words)
        for file, index, row in rows
        for place, words in _unknown(row, known)
    ]
    if faults:
        raise PolicyFault(tuple(faults))
    return CaseTables(
        tuple(_read_row(*each, known) for each in rows),
        make_release(PolicySource(source.modules, data), catalogue),
    )


def _read_files(folder: Path) -> dict[str, CaseFile]:
    """All files by name; two of them are there in any case."""
    shapes = _read_shapes(folder.parent)
    paths = {*folder.glob("*.yaml"), folder / "callers.yaml", folder / "catalogue.yaml"}
    files = {}
    faults = [f"{CASES_FOLDER}/{each.name}: call it *.yaml" for each in folder.glob("*.yml")]
    for path in sorted(paths):
        try:
            file = files[path.stem] = read_case_file(path)
            file.check(shapes.get(path.stem, shapes["rows"]))
        except PolicyFault as fault:
            faults += fault.faults
    if faults:
        raise PolicyFault(tuple(faults))
    return files


def _read_shapes(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Of files by name, and of tables as ``rows``."""
    return {**read_shape("cases", folder)["properties"], "data": data_shape(folder)}


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


def _unknown(row: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What a row names and no file says."""
    if row["caller"] not in known["callers"]:
        yield ("caller",), f"{row['caller']} is none of callers.yaml"
    for consent in row.get("consents", ()):
        if isinstance(consent, str) and consent not in known.get("consents", {}):
            yield ("consents",), f"{consent} is none of callers.yaml"
    for coordinate, uses in row["want"].items():
        if "join" in uses and not row.get("feeds", {}).get(coordinate):
            yield ("want", coordinate, "join"), "needs a member feeds that says what it feeds"


def _read_row(
    file: CaseFile, index: int, row: Mapping[str, Any], known: Mapping[str, Any]
) -> PolicyCase:
    caller = dict(known["callers"][row["caller"]])
    caller["roles"] = frozenset(caller.get("roles", ()))
    caller["scopes"] = frozenset(caller.get("scopes", ()))
    consents = tuple(
        ConsentFact(**{**consent, "fields": frozenset(consent["fields"])})
        for named in row.get("consents", ())
        for consent in [known["consents"][named] if isinstance(named, str) else named]
    )
    fields = {
        coordinate: Uses(
            select="select" in uses,
            filter="filter" in uses,
            sort="sort" in uses,
            join=tuple(row["feeds"][coordinate]) if "join" in uses else (),
        )
        for coordinate, uses in row["want"].items()
    }
    asker = Asker(Caller(**caller), row.get("purpose"), consents, NOW)
    return PolicyCase(
        id=f"{file.stem}: {row['note']}",
        place=f"{file.name}:{file.line((str(index),))}",
        request=AccessRequest(asker, OperationFacts("query", row.get("operation")), fields),
        want=row["want"],
        row_filters=row.get("row_filters", {}),
        valid_until=row.get("valid_until"),
        rules=row.get("rules", {}),
    )
