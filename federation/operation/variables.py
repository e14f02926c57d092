"""Values of variables: coerced by the specification, bounded by the limits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    get_variable_values,
    parse,
)

from federation.errors import InvalidOperation, ResponseError
from federation.operation.limits import Limits, check_list, check_page_size
from federation.operation.model import VariableDefinition
from federation.operation.parse import ParsedOperation, response_error

BAD_USER_INPUT = "BAD_USER_INPUT"
_MAX_ERRORS = 50

_PLAIN = {
    f"{name}{end}": kind
    for name, kind in (("ID", str), ("String", str), ("Boolean", bool), ("Int", int))
    for end in ("", "!")
}
"""By type of a variable, the type of JSON values that coercion leaves as they are."""


def coerce_variables(
    definitions: tuple[VariableDefinition, ...], schema: GraphQLSchema, raw: Mapping[str, Any]
) -> dict[str, Any]:
    """The values with which the operation runs: coerced by type, defaults applied.

    Args:
        definitions: All that the operation declares, used or not.
        schema: The schema that the operation was validated against.
        raw: As the client sent them; names that are not declared are ignored.

    Returns:
        JSON values by name. A variable without value and default has no entry.

    Raises:
        InvalidOperation: Some value does not fit; one error for each fault.

    Source:
        GraphQL specification, "Coercing Variable Values".
    """
    if not definitions:
        return {}
    values = dict(raw)
    for each in definitions:
        if each.given:
            values.pop(each.name, None)
            values.update({each.name: raw[each.given]} if each.given in raw else {})
    plain = _plain(definitions, values)
    if plain is not None:
        return plain
    found = get_variable_values(
        schema, _nodes(definitions), values, max_errors=_MAX_ERRORS, hide_suggestions=True
    )
    if isinstance(found, list):
        raise InvalidOperation(tuple(response_error(error, BAD_USER_INPUT) for error in found))
    return dict(found.coerced)


def _plain(
    definitions: tuple[VariableDefinition, ...], values: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The values if nothing need be done to them, None where that is not seen at a glance."""
    found: dict[str, Any] = {}
    for each in definitions:
        if each.name not in values:
            if each.default is not None or each.type.endswith("!"):
                return None
            continue
        value = values[each.name]
        if type(value) is not _PLAIN.get(each.type):
            return None
        if isinstance(value, int) and not -(2**31) <= value < 2**31:
            return None
        found[each.name] = value
    return found


def check_variable_limits(
    parsed: ParsedOperation, variables: Mapping[str, Any], limits: Limits
) -> None:
    """Hold the limits on list lengths and page sizes for what came in by variables.

    Raises:
        OperationTooLarge: A list is too long or a page too large.
        InvalidOperation: The value does not suit a directive: null as a condition, or a negative
            number of items to begin with.

    Source:
        GraphQL specification, "Coercing Field Arguments": a variable that may be null stands where
        null may not be if there is a default, and is refused when it is null all the same.
    """
    for value in variables.values():
        _check_lists(value, limits)
    for name, variable in parsed.page_variables:
        value = variables.get(variable)
        if isinstance(value, int):
            check_page_size(name, value, limits)
    for condition in parsed.deciding:
        if variables.get(condition.variable, True) is None:
            raise _unfit(f"The variable '${condition.variable}' of '{condition}' must not be null.")
    for text in parsed.initial_counts:
        count = variables.get(text[1:], 0) if text.startswith("$") else int(text)
        if count is None or count < 0:
            raise _unfit("The argument 'initialCount' of '@stream' must be 0 or more.")


def _unfit(message: str) -> InvalidOperation:
    return InvalidOperation((ResponseError(message, extensions={"code": BAD_USER_INPUT}),))


@lru_cache(maxsize=1024)
def _nodes(definitions: tuple[VariableDefinition, ...]) -> tuple[VariableDefinitionNode, ...]:
    if not definitions:
        return ()
    text = f"query ({', '.join(map(str, definitions))}) {{ __typename }}"
    definition = parse(text, no_location=True).definitions[0]
    assert isinstance(definition, OperationDefinitionNode), "the text above is an operation"
    return tuple(definition.variable_definitions or ())


def _check_lists(value: Any, limits: Limits) -> None:
    if isinstance(value, list):
        check_list(len(value), limits)
        for item in value:
            _check_lists(item, limits)
    elif isinstance(value, dict):
        for item in value.values():
            _check_lists(item, limits)
