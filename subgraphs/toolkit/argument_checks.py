"""Refuses identity numbers and credit codes that nobody can have, where they are arguments.

Such a value is a slip of the pen. Answering null would say that there is no such person. Keys in
representations are not arguments: the gateway hands them on as other departments gave them.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    default_field_resolver,
    get_named_type,
)

from subgraphs.toolkit.check_digits import is_credit_code, is_identity_number
from subgraphs.toolkit.errors import RequestRefused

CHECKS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "IdNumber": (is_identity_number, "an identity number (GB 11643)"),
    "CreditCode": (is_credit_code, "a unified social credit code (GB 32100)"),
}
"""Scalar to what its values must be, as a test and in words."""


def check_arguments(schema: GraphQLSchema) -> None:
    """Make all fields that take such values refuse wrong ones with BAD_USER_INPUT.

    The error stands at the field and names the argument; it never holds the value.
    """
    for each in schema.type_map.values():
        if isinstance(each, GraphQLObjectType) and not each.name.startswith("__"):
            for field in each.fields.values():
                if any(_holds_codes(argument, set()) for argument in field.args.values()):
                    _wrap(field)


def _wrap(field: GraphQLField) -> None:
    resolve = field.resolve or default_field_resolver
    arguments = dict(field.args)

    @wraps(resolve)
    def checked(source: Any, info: Any, **values: Any) -> Any:
        for place, what in _wrong(arguments, values):
            message = f"{place} is not {what}: 18 characters with the right check digit"
            raise RequestRefused("BAD_USER_INPUT", message)
        return resolve(source, info, **values)

    field.resolve = checked


def _holds_codes(value: GraphQLArgument | GraphQLInputField, seen: set[str]) -> bool:
    named = get_named_type(value.type)
    if named.name in CHECKS:
        return True
    if not isinstance(named, GraphQLInputObjectType) or named.name in seen:
        return False
    seen.add(named.name)
    return any(_holds_codes(each, seen) for each in named.fields.values())


def _wrong(
    inputs: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
    values: Mapping[str, Any],
) -> Iterator[tuple[str, str]]:
    """Places of wrong values with what should stand there."""
    for name, declared in inputs.items():
        named = get_named_type(declared.type)
        for value in _flat(values.get(declared.out_name or name)):
            if named.name in CHECKS:
                is_right, what = CHECKS[named.name]
                if not is_right(value):
                    yield name, what
            elif isinstance(named, GraphQLInputObjectType):
                for place, what in _wrong(named.fields, value):
                    yield f"{name}.{place}", what


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _flat(each)
    elif value is not None:
        yield value
