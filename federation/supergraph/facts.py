"""What departments say of their data: the values that governance metadata is read into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from federation.coordinate import Coordinate


class SharingClass(Enum):
    """Whether data is shared with other departments."""

    UNCONDITIONAL = "UNCONDITIONAL"
    CONDITIONAL = "CONDITIONAL"
    NOT_SHARED = "NOT_SHARED"


class FilterUse(Enum):
    """What an input does with the field it names."""

    FILTER = "FILTER"
    SORT = "SORT"


@dataclass(frozen=True, slots=True)
class Filter:
    """``@filters``: an input that tests or orders by a field."""

    field: Coordinate
    use: FilterUse


@dataclass(frozen=True, slots=True)
class Derivation:
    """``@derivation``: a department agrees to a lower grade of a field derived from its own.

    Attributes:
        source: The type or field that the consenting department speaks of.
        subgraph: The consenting department.
        of: The derived field.
        by: The subgraph that resolves the derived field.
        level: The lowest grade agreed to.
    """

    source: Coordinate
    subgraph: str
    of: Coordinate
    by: str
    level: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one type, or of one field of an object or interface.

    Attributes:
        owners: Subgraphs that resolve it, by name. Those that only hold it for a key that cannot
            be entered, or as external, do not own it.
        level: 1 to 4 for general data, 5 important, 6 core; None when nobody graded it.
        stated_level: The level before requirements raised it.
        sharing: None when nobody stated it.
        source_of_record: The subgraph that declares to be it.
        derived_from: Types over whose rows the field counts or aggregates.
        requires: Fields that its value is computed from, over all subgraphs that resolve it.
    """

    coordinate: Coordinate
    owners: tuple[str, ...] = ()
    level: int | None = None
    stated_level: int | None = None
    category: str | None = None
    sharing: SharingClass | None = None
    condition: str | None = None
    legal_basis: str | None = None
    title: str | None = None
    code: str | None = None
    updates: str | None = None
    theme: str | None = None
    source_of_record: str | None = None
    derived_from: tuple[str, ...] = ()
    requires: tuple[Coordinate, ...] = ()


@dataclass(frozen=True, slots=True)
class Governance:
    """All governance metadata of a supergraph.

    Attributes:
        facts: Of every object, interface, union, scalar and enum, and of every field of objects
            and interfaces.
        filters: Of arguments, input fields and enum values that have some.
        data_subjects: Type to the field that identifies the person whom a row is about.
        region_codes: Type to the field that holds a row's administrative division code.
        derivations: Every agreement.
    """

    facts: Mapping[Coordinate, Facts]
    filters: Mapping[Coordinate, tuple[Filter, ...]]
    data_subjects: Mapping[str, str]
    region_codes: Mapping[str, str]
    derivations: tuple[Derivation, ...]
