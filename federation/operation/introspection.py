"""Introspection: the gateway's own answer to ``__schema`` and ``__type``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, experimental_execute_incrementally, parse

from federation.operation.model import Operation
from federation.selection import Field, plainly, variables_of

INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})


def introspect(
    operation: Operation, schema: GraphQLSchema, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """Values of the introspection root fields by response key; empty when none is selected.

    Args:
        operation: Of any kind; its other root fields are ignored.
        schema: What the caller may see.
        variables: Coerced values.
    """
    selections = tuple(
        plainly(each)
        for each in operation.selections
        if isinstance(each, Field) and each.name in INTROSPECTION_FIELDS
    )
    if not selections:
        return {}
    used = set(variables_of(selections))
    query = replace(
        operation,
        kind="query",
        root_type=schema.query_type.name if schema.query_type else operation.root_type,
        variables=tuple(each for each in operation.variables if each.name in used),
        selections=selections,
    )
    given = {name: value for name, value in variables.items() if name in used}
    document = parse(str(query), no_location=True)
    # The other ways to execute refuse a schema that has `@defer`.
    result = experimental_execute_incrementally(schema, document, variable_values=given)
    assert isinstance(result, ExecutionResult), "introspection waits for nothing"
    assert not result.errors, f"introspection of a valid schema cannot fail: {result.errors}"
    return result.data or {}
