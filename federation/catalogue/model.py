"""Entries (object types) and items (their fields) of the data catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.catalogue.demands import NO_DEMANDS, Demands
from federation.coordinate import Coordinate
from federation.supergraph.governance import SharingClass
from federation.supergraph.model import named_type


@dataclass(frozen=True, slots=True)
class Grade:
    """How closely data is held.

    Attributes:
        level: 1 to 4 general, 5 important, 6 core; None when nobody graded it.
        sharing: None when ``level`` is.
        condition: Words for people, of conditional sharing.
        legal_basis: Words for people, of what is not shared.
    """

    level: int | None = None
    sharing: SharingClass | None = None
    category: str | None = None
    condition: str | None = None
    legal_basis: str | None = None


UNGRADED = Grade()


@dataclass(frozen=True, slots=True)
class Item:
    """One field, or one argument that no ``@filters`` explains, as the catalogue knows it.

    Attributes:
        type: Type text as in the API schema.
        owners: Subgraphs that resolve it, sorted.
        grade: In effect: inherited from the type, raised by what the field requires.
        agreed: Inputs whose departments all agreed to this derived field by ``@derivation``.
        derived_from: Object types over whose rows it counts or aggregates.
        demands: Of ``@authenticated``, ``@requiresScopes`` and ``@policy``.
        structural: Graded by its place (root field, connection), not by a department.
    """

    coordinate: Coordinate
    type: str
    owners: tuple[str, ...]
    grade: Grade
    agreed: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    demands: Demands = NO_DEMANDS
    structural: bool = False
    source_of_record: str | None = None
    title: str | None = None
    code: str | None = None
    updates: str | None = None
    theme: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One object type.

    Attributes:
        source_of_record: The subgraph that declares to be it.
        subject: Its field marked ``@dataSubject``.
        region: Its field marked ``@regionCode``.
        keys: Its fields that are keys, or parts of one, in some subgraph.
        items: By field name, sorted; arguments as ``field(argument:)``.
    """

    name: str
    owners: tuple[str, ...]
    grade: Grade
    items: Mapping[str, Item]
    subject: str | None = None
    region: str | None = None
    keys: tuple[str, ...] = ()
    source_of_record: str | None = None
    title: str | None = None
    code: str | None = None
    updates: str | None = None
    theme: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every object type of a supergraph.

    Attributes:
        entries: By type name, sorted.
    """

    entries: Mapping[str, Entry]

    def item(self, type_name: str, field: str) -> Item | None:
        """The item of one field, None for fields that the catalogue does not know."""
        entry = self.entries.get(type_name)
        return entry.items.get(field) if entry else None

    def policy_data(self) -> dict[str, Any]:
        """The document ``data.catalogue`` of the policy engines.

        ``fields``: coordinate to type, level, sharing, owners, agreed inputs, counted types and
        the source of record; ``types``: name to owners, subject and region field. Absent facts have
        no key, so that looking them up is undefined.
        """
        fields: dict[str, Any] = {}
        types: dict[str, Any] = {}
        for entry in self.entries.values():
            facts = {"subject": entry.subject, "region": entry.region}
            types[entry.name] = {
                "owners": dict.fromkeys(entry.owners, True),
                **{name: fact for name, fact in facts.items() if fact is not None},
            }
            for item in entry.items.values():
                fields[str(item.coordinate)] = _policy_item(item)
        return {"fields": fields, "types": types}


def _policy_item(item: Item) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "type": item.coordinate.type,
        "returns": named_type(item.type),
        "owners": dict.fromkeys(item.owners, True),
    }
    if item.grade.level is not None and item.grade.sharing is not None:
        facts["level"] = item.grade.level
        facts["sharing"] = item.grade.sharing.name
    if item.agreed:
        facts["agreed"] = dict.fromkeys(item.agreed, True)
    demands = item.demands.to_json()
    if demands:
        facts["demands"] = demands
    if item.structural:
        facts["structural"] = True
    if item.derived_from:
        facts["counts"] = dict.fromkeys(item.derived_from, True)
    if item.source_of_record:
        facts["record"] = item.source_of_record
    return facts
