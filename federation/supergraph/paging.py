"""Arguments that turn pages."""

from __future__ import annotations

from federation.supergraph.model import (
    FieldDefinition,
    InputValue,
    ObjectType,
    Supergraph,
    named_type,
)

_COUNTING = frozenset({"first", "last"})
_CURSORS = frozenset({"after", "before"})


def turns_pages(supergraph: Supergraph, field: FieldDefinition, argument: InputValue) -> bool:
    """Whether an argument tests nothing: it turns the pages of a connection, or counts items.

    Elsewhere a name says nothing: ``after`` may be a date that rows are tested by.

    Source:
        GraphQL Cursor Connections, "Arguments": a cursor is a text or a scalar of its own.
    """
    name, given = named_type(field.type), named_type(argument.type)
    if argument.name in _COUNTING:
        return given == "Int"
    if argument.name not in _CURSORS or not (given in {"String", "ID"} or given.endswith("Cursor")):
        return False
    found = supergraph.types.get(name)
    fields = found.fields.keys() if isinstance(found, ObjectType) else frozenset[str]()
    return name.endswith("Connection") or fields >= {"edges", "pageInfo"}
