"""GOVERNANCE_DATA_SUBJECT_UNUSABLE: a field that is to tell whom a row is about names no person.

The audit trail names rows by it, and consents open rows by it: both take one value of each row,
which is there without arguments, and without other fields of which policies would be asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import FieldSource, Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind, has_directive


def governance_data_subject_unusable(schema: Sources) -> Iterator[Diagnostic]:
    """A person is named by one plain value of the row."""
    for type_name in schema.types:
        for name, definitions in schema.fields(type_name).items():
            if not any(has_directive(each.field, "dataSubject") for each in definitions):
                continue
            for each in definitions:
                fault = _fault(each, schema)
                if fault:
                    yield Diagnostic(
                        "GOVERNANCE_DATA_SUBJECT_UNUSABLE",
                        f"[{each.subgraph.name}] {type_name}.{name} is to be the @dataSubject and"
                        f" {fault}",
                        coordinate=Coordinate(type_name, name),
                        locations=(each.field.location,),
                        fix="Mark a field that holds the person's number, one for each row.",
                    )


def _fault(source: FieldSource, schema: Sources) -> str:
    field = source.field
    returned = field.type.strip("[]!")
    if field.type.startswith("["):
        return "is a list"
    if returned in schema.types and schema.kind(returned) not in {Kind.SCALAR, Kind.ENUM}:
        return f"returns {returned}, which is no value"
    if any(each.is_required for each in field.arguments):
        return "takes a required argument"
    if has_directive(field, "requires") or any(
        has_directive(each, "fromContext") for each in field.arguments
    ):
        return "is computed from other fields"
    return ""
