"""Introspection: the gateway's own answer to ``__schema`` and ``__type``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, experimental_execute_incrementally, parse
from msgspec.structs import replace

from federation.operation.model import Operation
from federation.selection import Field, plainly

INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})
_VARIABLE = re.compile(r"\$(\w+)")


def introspection_text(field: Field) -> str:
    """The field as it is computed, wherever it stands: without alias, conditions and deferrals."""
    return str(plainly(replace(field, alias=None, conditions=())))


def introspect(
    texts: Iterable[str],
    operation: Operation,
    schema: GraphQLSchema,
    variables: Mapping[str, Any],
) -> dict[str, Any]:
    """Values of introspection fields by their ``introspection_text``.

    Args:
        texts: Of fields of the operation, at its root or where it comes upon the query type again.
        operation: Of any kind; only its variables are needed.
        schema: What the caller may see.
        variables: Coerced values.
    """
    asked = {f"_{at}": text for at, text in enumerate(dict.fromkeys(texts))}
    if not asked:
        return {}
    fields = " ".join(f"{alias}: {text}" for alias, text in asked.items())
    used = set(_VARIABLE.findall(fields))
    declared = [str(each) for each in operation.variables if each.name in used]
    given = {name: value for name, value in variables.items() if name in used}
    head = f"query ({', '.join(declared)}) " if declared else ""
    document = parse(f"{head}{{ {fields} }}", no_location=True)
    # The other ways to execute refuse a schema that has `@defer`.
    result = experimental_execute_incrementally(schema, document, variable_values=given)
    assert isinstance(result, ExecutionResult), "introspection waits for nothing"
    # All that can fail is a `__type` whose name is null by a variable: there is no such type.
    values = result.data or {}
    return {text: values.get(alias) for alias, text in asked.items()}
