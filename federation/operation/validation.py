"""Validation: the errors that graphql-core finds, without its work where there are none."""

from __future__ import annotations

from collections.abc import Callable

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    specified_rules,
    validate,
)

from federation.operation.merging import fields_merge
from federation.operation.plain import is_plainly_valid

_COMPARISONS = 20_000
"""Steps of comparing fields in pairs, some 60 ms; graphql-core allows 500,000."""


class _BoundedOverlappingFields(OverlappingFieldsCanBeMergedRule):
    """Finds the words for a conflict, and gives up where there are too many pairs to compare."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = _COMPARISONS


def validation_errors(
    document: DocumentNode,
    schema: GraphQLSchema,
    max_errors: int,
    with_places: Callable[[], DocumentNode] | None = None,
) -> list[GraphQLError]:
    """What is wrong with a document; messages suggest no other names.

    Args:
        with_places: Gives the same document with the places of its nodes, which errors name.

    The verdict is that of graphql-core's rules, and so are messages and places. Only a document
    that it would give up on, for its many overlapping fields, may be found valid here.

    Source:
        docs/decisions/0016-validation-at-a-glance.md
    """
    merges = fields_merge(document, schema)
    if merges and is_plainly_valid(document, schema):
        return []
    # Suggestions could name fields that this caller may not know of.
    return validate(
        schema,
        with_places() if with_places else document,
        _without_overlapping if merges else _all_rules,
        max_errors=max_errors,
        hide_suggestions=True,
        allow_empty_selection_sets=False,
    )


def _rules(overlapping: tuple[type[ASTValidationRule], ...]) -> tuple[type[ASTValidationRule], ...]:
    return tuple(
        rule
        for each in specified_rules
        for rule in (overlapping if each is OverlappingFieldsCanBeMergedRule else (each,))
    )


_all_rules = _rules((_BoundedOverlappingFields,))
_without_overlapping = _rules(())
