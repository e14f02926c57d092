"""A release: policy modules, the catalogue and the grants that decide together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from federation.catalogue import Catalogue
from federation.errors import PolicyUnavailable
from federation.gateway import text_files
from federation.gateway.engines.shapes import (
    line_of_member,
    misshapen,
    read_json,
    without_required,
)

POLICY_FOLDER = Path(__file__).resolve().parents[3] / "policies" / "rego"
"""The policies delivered with Datong, with the demo's grants in its folder ``data``."""

CATALOGUE_ROOT = "catalogue"
DATA_ROOTS = ("grants", "organisations", "purposes")
POLICY_ROOT = "datong"

ENTRYPOINT = "data.datong.access.decision"


class Span(NamedTuple):
    """When a grant holds, in seconds since the epoch, and for whom.

    ``roles`` is None where the grant is everybody's in its department.
    """

    start: float
    end: float
    roles: frozenset[str] | None = None


class PolicyFault(PolicyUnavailable):
    """Policies or their data cannot be used as they are.

    Attributes:
        faults: Each with its file, for the policy author.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("the policies cannot be used: " + "; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class PolicySource:
    """What policy authors write.

    Attributes:
        modules: File name, relative to the policy folder, to Rego text; without tests.
        data: Root name to document: grants, organisations, purposes.
    """

    modules: Mapping[str, str]
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Revisions:
    """Which policy, catalogue and grants gave an answer; content hashes."""

    policy: str
    catalogue: str
    grants: str

    def __str__(self) -> str:
        return f"{self.policy}+{self.catalogue}+{self.grants}"


@dataclass(frozen=True, slots=True)
class PolicyRelease:
    """Everything an engine evaluates.

    Attributes:
        modules: File name to Rego text.
        catalogue: The document ``data.catalogue``.
        data: Root name to document, of all other roots.
    """

    modules: Mapping[str, str]
    catalogue: Mapping[str, Any]
    data: Mapping[str, Any]
    revisions: Revisions

    @property
    def documents(self) -> dict[str, Any]:
        """All data, by root."""
        return {CATALOGUE_ROOT: self.catalogue, **self.data}


def load_policies(folder: Path = POLICY_FOLDER, data_folder: Path | None = None) -> PolicySource:
    """Reads a policy folder.

    Args:
        folder: Holds ``datong/**/*.rego``, perhaps ``schemas`` of its own.
        data_folder: Holds JSON files, each an object of data roots; None takes ``folder/data``.

    Raises:
        PolicyFault: A file cannot be read or is misshapen, or two files write the same root.
    """
    faults: list[str] = []
    if data_folder is not None and not data_folder.is_dir():
        # Without data everything is denied, and nobody would see why.
        faults.append(f"{data_folder}: no such folder of data")
    modules: dict[str, str] = {}
    data: dict[str, Any] = {}
    # What is missing opens nothing: that is for `datong policy lint` to say.
    shape = without_required(data_shape(folder))
    for name, file in module_files(folder):
        if not name.endswith("_test.rego"):
            try:
                modules[name] = read_text(file, name)
            except PolicyFault as fault:
                faults += fault.faults
    for file in sorted((data_folder or folder / "data").glob("*.json")):
        try:
            document = _read_document(file, shape)
        except PolicyFault as fault:
            faults += fault.faults
            continue
        faults.extend(
            f"{file.name}: {root!r} is no data root of its own"
            for root in document
            if root in data or root not in DATA_ROOTS
        )
        data.update(document)
    if not modules:
        faults.append(f"no .rego file in {folder / POLICY_ROOT}")
    if faults:
        raise PolicyFault(tuple(faults))
    return PolicySource(modules, {root: data.get(root, {}) for root in DATA_ROOTS})


def _read_document(file: Path, shape: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    text = read_text(file, file.name)
    try:
        document = read_json(text)
    except ValueError as error:
        raise PolicyFault((f"{file.name}: {error}",)) from None
    if not isinstance(document, dict):
        raise PolicyFault((f"{file.name}: not an object of data roots",))
    # A grant whose condition is misspelt would be one without it.
    known = {root: each for root, each in document.items() if root in DATA_ROOTS}
    faults = tuple(
        f"{file.name}:{line_of_member(text, place)}: {'.'.join(place)} {words}"
        for place, words in misshapen(known, shape)
    )
    if faults:
        raise PolicyFault(faults)
    return document


def read_shape(name: str, folder: Path) -> Any:
    """A JSON Schema of a policy folder, or the delivered one where it has none of its own."""
    own, delivered = (each / "schemas" / f"{name}.json" for each in (folder, POLICY_FOLDER))
    return json.loads((own if own.is_file() else delivered).read_text(encoding="utf-8"))


def data_shape(folder: Path) -> dict[str, Any]:
    """The shape of a policy folder's data files: any of the roots, and no other."""
    shape = read_shape("data", folder)
    roots = {root: shape["properties"][root] for root in DATA_ROOTS}
    return {**shape, "properties": roots, "required": []}


def module_files(folder: Path) -> tuple[tuple[str, Path], ...]:
    """The Rego files of a policy folder, tests among them, by their names within it."""
    found = sorted((folder / POLICY_ROOT).rglob("*.rego"))
    return tuple((file.relative_to(folder).as_posix(), file) for file in found)


def read_text(file: Path, name: str) -> str:
    """The text of a file that messages call by this name.

    Raises:
        PolicyFault: It cannot be read.
    """
    try:
        return text_files.read_text(file, name)
    except text_files.UnreadableText as fault:
        raise PolicyFault((str(fault),)) from None


def make_release(
    source: PolicySource, catalogue: Catalogue | Mapping[str, Any], revocations: int = 0
) -> PolicyRelease:
    """The release of these policies over this catalogue; equal contents have equal revisions.

    Args:
        source: Policies and data.
        catalogue: Of a schema, or the document that policies see of it.
        revocations: How many the data takes into account; part of the grants' revision, since a
            reader must be able to tell the later of two.
    """
    document = catalogue.policy_data() if isinstance(catalogue, Catalogue) else catalogue
    return PolicyRelease(
        modules=source.modules,
        catalogue=document,
        data=source.data,
        revisions=Revisions(
            policy="policy-" + content_hash(source.modules),
            catalogue="catalogue-" + content_hash(document),
            grants=f"grants-{revocations}-{content_hash(source.data)}",
        ),
    )


def without_revoked(
    source: PolicySource, revoked: Collection[tuple[str, str, str]]
) -> PolicySource:
    """The policies without grants that were taken back.

    Args:
        source: Not changed.
        revoked: Department, coordinate and name of each; what is not there is passed over.
    """
    grants: dict[str, Any] = dict(source.data.get("grants", {}))
    for department, coordinate, name in sorted(revoked):
        granted = grants.get(department, {})
        if name in granted.get(coordinate, {}):
            left = {key: grant for key, grant in granted[coordinate].items() if key != name}
            grants[department] = {**granted, coordinate: left}
    return PolicySource(source.modules, {**source.data, "grants": grants})


def content_hash(document: Any) -> str:
    """Twelve hexadecimal digits that equal JSON documents share, whatever the order of keys."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def granted_purposes(data: Mapping[str, Any]) -> Mapping[str, Mapping[str, frozenset[Span]]]:
    """By department and purpose, when grants name it, for checking what a caller states."""
    grants = data.get("grants")
    found: dict[str, dict[str, frozenset[Span]]] = {}
    for department, coordinates in grants.items() if isinstance(grants, Mapping) else ():
        spans: dict[str, set[Span]] = {}
        for grant in (each for granted in coordinates.values() for each in granted.values()):
            start, end = grant.get("starts", 0), grant.get("expires")
            roles = frozenset(grant["roles"]) if "roles" in grant else None
            # As the rules have it, what says no time has none.
            if isinstance(start, int | float) and isinstance(end, int | float):
                for purpose, is_named in grant.get("purposes", {}).items():
                    if is_named:
                        spans.setdefault(purpose, set()).add(Span(start, end, roles))
        found[department] = {purpose: frozenset(times) for purpose, times in spans.items()}
    return found
